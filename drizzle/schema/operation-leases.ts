import { int, mysqlTable } from 'drizzle-orm/mysql-core'
import { exactText, idText, moment, nameText } from './columns.js'

/** A released lease keeps its row (no owner), so that `lease_no` never counts backwards. */
export const operationLeases = mysqlTable('operation_leases', {
  resource: exactText(128)('resource').primaryKey(),
  owner_workflow_id: nameText('owner_workflow_id'),
  owner_run_id: idText('owner_run_id'),
  lease_no: int('lease_no').notNull(),
  acquired_at: moment('acquired_at'),
})
