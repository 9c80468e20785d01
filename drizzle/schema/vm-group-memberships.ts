import { boolean, foreignKey, index, int, mysqlTable, primaryKey } from 'drizzle-orm/mysql-core'
import { idText, moment } from './columns.js'
import { vmGroups } from './vm-groups.js'
import { vmReplicationContexts } from './vm-replication-contexts.js'

export const vmGroupMemberships = mysqlTable(
  'vm_group_memberships',
  {
    group_id: idText('group_id').notNull(),
    vm_context_id: idText('vm_context_id').notNull(),
    priority: int('priority').notNull(),
    enabled: boolean('enabled').notNull(),
    added_at: moment('added_at').notNull(),
  },
  (table) => [
    primaryKey({ name: 'vm_group_memberships_pk', columns: [table.group_id, table.vm_context_id] }),
    index('vm_group_memberships_context_ix').on(table.vm_context_id),
    foreignKey({
      name: 'vm_group_memberships_group_fk',
      columns: [table.group_id],
      foreignColumns: [vmGroups.id],
    }).onDelete('cascade'),
    foreignKey({
      name: 'vm_group_memberships_context_fk',
      columns: [table.vm_context_id],
      foreignColumns: [vmReplicationContexts.id],
    }).onDelete('cascade'),
  ],
)
