import { foreignKey, index, int, mysqlEnum, mysqlTable } from 'drizzle-orm/mysql-core'
import { ExecutionBackupType, executionStatuses, executionTypes } from '../../domain/execution.js'
import { bytes, idText, json, longText, moment, nameText, oneOf } from './columns.js'
import { protectionFlows } from './protection-flows.js'
import { scheduleExecutions } from './schedule-executions.js'

export const protectionFlowExecutions = mysqlTable(
  'protection_flow_executions',
  {
    id: idText('id').primaryKey(),
    flow_id: idText('flow_id').notNull(),
    status: mysqlEnum('status', executionStatuses).notNull(),
    execution_type: mysqlEnum('execution_type', executionTypes).notNull(),
    backup_type: mysqlEnum('backup_type', oneOf(ExecutionBackupType.options)).notNull(),
    retry_of: idText('retry_of'),
    jobs_created: int('jobs_created').notNull(),
    jobs_completed: int('jobs_completed').notNull(),
    jobs_failed: int('jobs_failed').notNull(),
    jobs_skipped: int('jobs_skipped').notNull(),
    jobs_cancelled: int('jobs_cancelled').notNull(),
    vms_total: int('vms_total').notNull(),
    vms_processed: int('vms_processed').notNull(),
    bytes_transferred: bytes('bytes_transferred').notNull(),
    warnings: json<string[]>()('warnings').notNull(),
    error_message: longText('error_message'),
    pause_reason: longText('pause_reason'),
    execution_metadata: json<Record<string, unknown>>()('execution_metadata'),
    created_job_ids: json<string[]>()('created_job_ids').notNull(),
    schedule_execution_id: idText('schedule_execution_id'),
    nominal_time: moment('nominal_time'),
    workflow_id: nameText('workflow_id').notNull(),
    run_id: idText('run_id'),
    started_at: moment('started_at'),
    completed_at: moment('completed_at'),
    execution_time_seconds: int('execution_time_seconds'),
    triggered_by: nameText('triggered_by').notNull(),
    created_at: moment('created_at').notNull(),
  },
  (table) => [
    index('executions_created_ix').on(table.created_at, table.id),
    index('executions_flow_ix').on(table.flow_id, table.created_at, table.id),
    index('executions_status_ix').on(table.status, table.created_at, table.id),
    index('executions_type_ix').on(table.execution_type, table.created_at, table.id),
    index('executions_started_ix').on(table.started_at),
    index('executions_retry_ix').on(table.retry_of),
    foreignKey({
      name: 'executions_flow_fk',
      columns: [table.flow_id],
      foreignColumns: [protectionFlows.id],
    }).onDelete('cascade'),
    foreignKey({
      name: 'executions_schedule_execution_fk',
      columns: [table.schedule_execution_id],
      foreignColumns: [scheduleExecutions.id],
    }).onDelete('set null'),
  ],
)
