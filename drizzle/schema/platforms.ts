import { foreignKey, index, mysqlEnum, mysqlTable, uniqueIndex } from 'drizzle-orm/mysql-core'
import { platformKinds, transports } from '../../domain/platform.js'
import type { TlsTrust } from '../../domain/platform.js'
import { idText, json, moment, nameText } from './columns.js'
import { credentials } from './credentials.js'

export const platforms = mysqlTable(
  'platforms',
  {
    id: idText('id').primaryKey(),
    name: nameText('name').notNull(),
    kind: mysqlEnum('kind', platformKinds).notNull(),
    host: nameText('host').notNull(),
    username: nameText('username').notNull(),
    credential_id: idText('credential_id').notNull(),
    datacenter: nameText('datacenter'),
    tls: json<TlsTrust>()('tls').notNull(),
    transport: mysqlEnum('transport', transports).notNull(),
    created_at: moment('created_at').notNull(),
    updated_at: moment('updated_at').notNull(),
  },
  (table) => [
    uniqueIndex('platforms_name_uq').on(table.name),
    index('platforms_created_ix').on(table.created_at, table.id),
    index('platforms_host_ix').on(table.host, table.username),
    foreignKey({
      name: 'platforms_credential_fk',
      columns: [table.credential_id],
      foreignColumns: [credentials.id],
    }).onDelete('restrict'),
  ],
)
