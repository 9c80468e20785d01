import { index, mysqlTable, primaryKey } from 'drizzle-orm/mysql-core'
import { exactText, idText, moment, nameText } from './columns.js'

/** One row for each place that a run takes on a vCenter, host, datastore or repository; the limits are settings. */
export const operationSlots = mysqlTable(
  'operation_slots',
  {
    resource: exactText(128)('resource').notNull(),
    owner_workflow_id: nameText('owner_workflow_id').notNull(),
    owner_run_id: idText('owner_run_id').notNull(),
    acquired_at: moment('acquired_at').notNull(),
  },
  (table) => [
    primaryKey({
      name: 'operation_slots_pk',
      columns: [table.resource, table.owner_workflow_id, table.owner_run_id],
    }),
    index('operation_slots_owner_ix').on(table.owner_workflow_id),
  ],
)
