import { bigint, index, mysqlTable, unique } from 'drizzle-orm/mysql-core'
import { exactText, idText, moment, nameText } from './columns.js'

/** Who waits for a lease or for slots; served by `position`, those whose workflow is closed skipped. */
export const operationLeaseWaiters = mysqlTable(
  'operation_lease_waiters',
  {
    position: bigint('position', { mode: 'number' }).autoincrement().primaryKey(),
    resource: exactText(128)('resource').notNull(),
    owner_workflow_id: nameText('owner_workflow_id').notNull(),
    owner_run_id: idText('owner_run_id').notNull(),
    since: moment('since').notNull(),
  },
  (table) => [
    unique('operation_lease_waiters_owner_uq').on(
      table.resource,
      table.owner_workflow_id,
      table.owner_run_id,
    ),
    index('operation_lease_waiters_owner_ix').on(table.owner_workflow_id),
  ],
)
