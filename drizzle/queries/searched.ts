import { like, sql } from 'drizzle-orm'
import type { SQL } from 'drizzle-orm'
import type { MySqlColumn } from 'drizzle-orm/mysql-core'

/** Part of a text, whatever its case; `%` and `_` mean themselves. */
export const holdsText = (column: MySqlColumn, text: string): SQL =>
  like(sql`lower(${column})`, `%${text.toLowerCase().replace(/[\\%_]/g, (character) => `\\${character}`)}%`)
