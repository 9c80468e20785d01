import { foreignKey, index, int, mysqlTable, primaryKey } from 'drizzle-orm/mysql-core'
import type { DiscoveredVm } from '../../domain/vm.js'
import { idText, json, moment } from './columns.js'
import { platforms } from './platforms.js'

/** What one discovery found, in the platform's order. Keyed by position: even instance UUIDs can be doubled there. */
export const discoveredVms = mysqlTable(
  'discovered_vms',
  {
    request_id: idText('request_id').notNull(),
    position: int('position').notNull(),
    // Null for an address that was asked once without being registered.
    platform_id: idText('platform_id'),
    vm: json<DiscoveredVm>()('vm').notNull(),
    discovered_at: moment('discovered_at').notNull(),
  },
  (table) => [
    primaryKey({ name: 'discovered_vms_pk', columns: [table.request_id, table.position] }),
    index('discovered_vms_discovered_ix').on(table.discovered_at),
    foreignKey({
      name: 'discovered_vms_platform_fk',
      columns: [table.platform_id],
      foreignColumns: [platforms.id],
    }).onDelete('cascade'),
  ],
)
