import { mysqlTable } from 'drizzle-orm/mysql-core'
import { exactText, longText } from './columns.js'

export const settings = mysqlTable('settings', {
  name: exactText(64)('name').primaryKey(),
  value: longText('value').notNull(),
})
