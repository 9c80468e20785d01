import { index, int, mysqlTable, uniqueIndex } from 'drizzle-orm/mysql-core'
import type { GroupRules } from '../../domain/vm-group.js'
import { idText, json, longText, moment, nameText } from './columns.js'

export const vmGroups = mysqlTable(
  'vm_groups',
  {
    id: idText('id').primaryKey(),
    name: nameText('name').notNull(),
    description: longText('description'),
    priority: int('priority').notNull(),
    max_concurrent_vms: int('max_concurrent_vms').notNull(),
    rules: json<GroupRules>()('rules'),
    created_by: nameText('created_by').notNull(),
    created_at: moment('created_at').notNull(),
    updated_at: moment('updated_at').notNull(),
  },
  (table) => [
    uniqueIndex('vm_groups_name_uq').on(table.name),
    index('vm_groups_created_ix').on(table.created_at, table.id),
  ],
)
