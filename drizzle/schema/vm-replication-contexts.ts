import { boolean, foreignKey, index, int, mysqlTable, uniqueIndex } from 'drizzle-orm/mysql-core'
import { exactText, idText, json, moment, nameText } from './columns.js'
import { platforms } from './platforms.js'

export const vmReplicationContexts = mysqlTable(
  'vm_replication_contexts',
  {
    id: idText('id').primaryKey(),
    platform_id: idText('platform_id').notNull(),
    instance_uuid: idText('instance_uuid').notNull(),
    vm_name: nameText('vm_name').notNull(),
    vm_path: exactText(1024)('vm_path').notNull(),
    vcenter_host: nameText('vcenter_host').notNull(),
    datacenter: nameText('datacenter').notNull(),
    cpu_count: int('cpu_count').notNull(),
    memory_mb: int('memory_mb').notNull(),
    os_type: nameText('os_type').notNull(),
    power_state: exactText(32)('power_state').notNull(),
    vmx_version: exactText(32)('vmx_version').notNull(),
    change_tracking_enabled: boolean('change_tracking_enabled').notNull(),
    networks: json<unknown[]>()('networks').notNull(),
    last_discovered_at: moment('last_discovered_at'),
    created_at: moment('created_at').notNull(),
    updated_at: moment('updated_at').notNull(),
  },
  (table) => [
    uniqueIndex('vm_contexts_instance_uq').on(table.platform_id, table.instance_uuid),
    index('vm_contexts_created_ix').on(table.created_at, table.id),
    index('vm_contexts_name_ix').on(table.vm_name),
    foreignKey({
      name: 'vm_contexts_platform_fk',
      columns: [table.platform_id],
      foreignColumns: [platforms.id],
    }).onDelete('restrict'),
  ],
)
