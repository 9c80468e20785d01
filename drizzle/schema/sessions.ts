import { foreignKey, index, mysqlTable } from 'drizzle-orm/mysql-core'
import { exactText, idText, moment } from './columns.js'
import { users } from './users.js'

/** A login. Only the SHA-256 of its token is here: a copy of the database logs nobody in. */
export const sessions = mysqlTable(
  'sessions',
  {
    token_hash: exactText(64)('token_hash').primaryKey(),
    user_id: idText('user_id').notNull(),
    created_at: moment('created_at').notNull(),
    expires_at: moment('expires_at').notNull(),
    last_seen_at: moment('last_seen_at').notNull(),
  },
  (table) => [
    index('sessions_user_ix').on(table.user_id),
    index('sessions_expires_ix').on(table.expires_at),
    foreignKey({ name: 'sessions_user_fk', columns: [table.user_id], foreignColumns: [users.id] }).onDelete(
      'cascade',
    ),
  ],
)
