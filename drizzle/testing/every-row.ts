import { sql } from 'drizzle-orm'
import type { Db } from '../open.js'

/** All rows of all tables of this database, bytes as the text they may be: for looking for what must not be there. */
export const everyRow = async (db: Db): Promise<{ table: string; text: string }[]> => {
  const [tables] = (await db.execute(
    sql`select table_name as name from information_schema.tables where table_schema = database()`,
  )) as unknown as [{ name: string }[]]
  const all: { table: string; text: string }[] = []
  for (const { name } of tables) {
    const [rows] = (await db.execute(sql`select * from ${sql.identifier(name)}`)) as unknown as [object[]]
    all.push({ table: name, text: rows.map(textOf).join('\n') })
  }
  return all
}

const textOf = (row: object): string =>
  Object.values(row)
    .map((value: unknown) =>
      Buffer.isBuffer(value) ? `${value.toString('latin1')} ${value.toString('hex')}` : JSON.stringify(value),
    )
    .join(' ')
