import { foreignKey, index, mysqlEnum, mysqlTable, unique } from 'drizzle-orm/mysql-core'
import { scheduleExecutionStatuses } from '../../domain/schedule.js'
import { idText, longText, moment } from './columns.js'
import { protectionFlows } from './protection-flows.js'
import { replicationSchedules } from './replication-schedules.js'

export const scheduleExecutions = mysqlTable(
  'schedule_executions',
  {
    id: idText('id').primaryKey(),
    flow_id: idText('flow_id').notNull(),
    schedule_id: idText('schedule_id'),
    nominal_time: moment('nominal_time').notNull(),
    status: mysqlEnum('status', scheduleExecutionStatuses).notNull(),
    reason: longText('reason'),
    created_at: moment('created_at').notNull(),
  },
  (table) => [
    // One due time is decided once, however often it rings.
    unique('schedule_executions_nominal_uq').on(table.flow_id, table.nominal_time),
    index('schedule_executions_schedule_ix').on(table.schedule_id, table.nominal_time, table.id),
    index('schedule_executions_created_ix').on(table.created_at, table.id),
    foreignKey({
      name: 'schedule_executions_flow_fk',
      columns: [table.flow_id],
      foreignColumns: [protectionFlows.id],
    }).onDelete('cascade'),
    foreignKey({
      name: 'schedule_executions_schedule_fk',
      columns: [table.schedule_id],
      foreignColumns: [replicationSchedules.id],
    }).onDelete('set null'),
  ],
)
