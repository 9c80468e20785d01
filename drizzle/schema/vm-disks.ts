import { boolean, foreignKey, int, mysqlTable, uniqueIndex } from 'drizzle-orm/mysql-core'
import { bytes, exactText, idText, nameText } from './columns.js'
import { vmReplicationContexts } from './vm-replication-contexts.js'

export const vmDisks = mysqlTable(
  'vm_disks',
  {
    id: idText('id').primaryKey(),
    vm_context_id: idText('vm_context_id').notNull(),
    disk_index: int('disk_index').notNull(),
    backing_uuid: exactText(128)('backing_uuid').notNull(),
    device_key: int('device_key').notNull(),
    label: nameText('label').notNull(),
    path: exactText(1024)('path').notNull(),
    datastore: nameText('datastore').notNull(),
    capacity_bytes: bytes('capacity_bytes').notNull(),
    provisioning_type: exactText(32)('provisioning_type').notNull(),
    left_out: exactText(32)('left_out'),
    present: boolean('present').notNull(),
  },
  (table) => [
    uniqueIndex('vm_disks_backing_uq').on(table.vm_context_id, table.backing_uuid),
    // A disk keeps its index for life, so a chain's numeric disk_id never comes to mean another disk.
    uniqueIndex('vm_disks_index_uq').on(table.vm_context_id, table.disk_index),
    foreignKey({
      name: 'vm_disks_context_fk',
      columns: [table.vm_context_id],
      foreignColumns: [vmReplicationContexts.id],
    }).onDelete('restrict'),
  ],
)
