import { foreignKey, index, mysqlTable, primaryKey } from 'drizzle-orm/mysql-core'
import { exactText, idText, moment } from './columns.js'
import { users } from './users.js'

export const idempotencyKeys = mysqlTable(
  'idempotency_keys',
  {
    user_id: idText('user_id').notNull(),
    idempotency_key: exactText(255)('idempotency_key').notNull(),
    request_hash: exactText(64)('request_hash').notNull(),
    resource_id: idText('resource_id').notNull(),
    created_at: moment('created_at').notNull(),
  },
  (table) => [
    primaryKey({ name: 'idempotency_keys_pk', columns: [table.user_id, table.idempotency_key] }),
    index('idempotency_keys_created_ix').on(table.created_at),
    foreignKey({
      name: 'idempotency_keys_user_fk',
      columns: [table.user_id],
      foreignColumns: [users.id],
    }).onDelete('cascade'),
  ],
)
