import { foreignKey, index, int, mysqlEnum, mysqlTable, primaryKey, unique } from 'drizzle-orm/mysql-core'
import { itemStatuses } from '../../domain/execution.js'
import type { ItemReason } from '../../domain/execution.js'
import { bytes, exactText, idText, json, longText, moment, nameText } from './columns.js'
import { protectionFlowExecutions } from './protection-flow-executions.js'

export const flowExecutionItems = mysqlTable(
  'flow_execution_items',
  {
    execution_id: idText('execution_id').notNull(),
    position: int('position').notNull(),
    vm_context_id: idText('vm_context_id').notNull(),
    vm_name: nameText('vm_name').notNull(),
    priority: int('priority').notNull(),
    status: mysqlEnum('status', itemStatuses).notNull(),
    reason: longText('reason'),
    attempts: int('attempts').notNull(),
    not_before: moment('not_before'),
    busy_since: moment('busy_since'),
    lane: int('lane'),
    backup_id: idText('backup_id'),
    backup_ids: json<string[]>()('backup_ids').notNull(),
    reasons: json<ItemReason[]>()('reasons').notNull(),
    bytes_transferred: bytes('bytes_transferred').notNull(),
    error_code: exactText(64)('error_code'),
    error_remedy: longText('error_remedy'),
    started_at: moment('started_at'),
    completed_at: moment('completed_at'),
  },
  (table) => [
    primaryKey({ name: 'flow_execution_items_pk', columns: [table.execution_id, table.position] }),
    unique('flow_execution_items_vm_uq').on(table.execution_id, table.vm_context_id),
    // Its last two so that counters are recounted without the rows: thousands, each time that one of them ends.
    index('flow_execution_items_claim_ix').on(
      table.execution_id,
      table.status,
      table.priority,
      table.position,
      table.attempts,
      table.bytes_transferred,
    ),
    index('flow_execution_items_context_ix').on(table.vm_context_id),
    foreignKey({
      name: 'flow_execution_items_execution_fk',
      columns: [table.execution_id],
      foreignColumns: [protectionFlowExecutions.id],
    }).onDelete('cascade'),
  ],
)
