import { boolean, index, mysqlEnum, mysqlTable, uniqueIndex } from 'drizzle-orm/mysql-core'
import { roles } from '../../domain/user.js'
import { exactText, idText, moment } from './columns.js'

export const users = mysqlTable(
  'users',
  {
    id: idText('id').primaryKey(),
    username: exactText(128)('username').notNull(),
    password_hash: exactText(255)('password_hash').notNull(),
    role: mysqlEnum('role', roles).notNull(),
    must_change_password: boolean('must_change_password').notNull(),
    created_at: moment('created_at').notNull(),
    updated_at: moment('updated_at').notNull(),
  },
  (table) => [
    uniqueIndex('users_username_uq').on(table.username),
    index('users_created_ix').on(table.created_at, table.id),
  ],
)
