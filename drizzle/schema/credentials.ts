import { mysqlTable } from 'drizzle-orm/mysql-core'
import { idText, longText, moment, nameText } from './columns.js'

/** Secrets, sealed by the vault with their id as context: a row moved to another id does not open. */
export const credentials = mysqlTable('credentials', {
  id: idText('id').primaryKey(),
  sealed: longText('sealed').notNull(),
  description: nameText('description').notNull(),
  created_at: moment('created_at').notNull(),
  updated_at: moment('updated_at').notNull(),
})
