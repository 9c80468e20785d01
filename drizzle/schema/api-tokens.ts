import { foreignKey, index, mysqlTable, uniqueIndex } from 'drizzle-orm/mysql-core'
import { exactText, idText, moment, nameText } from './columns.js'
import { users } from './users.js'

/** A long-lived bearer token, by its SHA-256. */
export const apiTokens = mysqlTable(
  'api_tokens',
  {
    id: idText('id').primaryKey(),
    user_id: idText('user_id').notNull(),
    name: nameText('name').notNull(),
    token_hash: exactText(64)('token_hash').notNull(),
    created_at: moment('created_at').notNull(),
    expires_at: moment('expires_at'),
    last_used_at: moment('last_used_at'),
  },
  (table) => [
    uniqueIndex('api_tokens_hash_uq').on(table.token_hash),
    index('api_tokens_user_ix').on(table.user_id),
    foreignKey({ name: 'api_tokens_user_fk', columns: [table.user_id], foreignColumns: [users.id] }).onDelete(
      'cascade',
    ),
  ],
)
