import { sql } from 'drizzle-orm'
import {
  boolean,
  check,
  foreignKey,
  index,
  int,
  mysqlEnum,
  mysqlTable,
  uniqueIndex,
} from 'drizzle-orm/mysql-core'
import { Quiesce } from '../../domain/backup.js'
import {
  busyVmPolicies,
  destinationTypes,
  flowTypes,
  lastExecutionStatuses,
  missedRunPolicies,
  overlapPolicies,
  targetTypes,
} from '../../domain/flow.js'
import { backupPolicies } from './backup-policies.js'
import { backupRepositories } from './backup-repositories.js'
import { exactText, idText, json, longText, moment, nameText, oneOf } from './columns.js'
import { replicationSchedules } from './replication-schedules.js'

export const protectionFlows = mysqlTable(
  'protection_flows',
  {
    id: idText('id').primaryKey(),
    name: nameText('name').notNull(),
    description: longText('description'),
    flow_type: mysqlEnum('flow_type', flowTypes).notNull(),
    target_type: mysqlEnum('target_type', targetTypes).notNull(),
    target_id: idText('target_id').notNull(),
    repository_id: int('repository_id'),
    policy_id: int('policy_id'),
    destination_type: mysqlEnum('destination_type', destinationTypes),
    destination_config: json<Record<string, unknown>>()('destination_config'),
    schedule_id: idText('schedule_id'),
    enabled: boolean('enabled').notNull(),
    overlap_policy: mysqlEnum('overlap_policy', overlapPolicies).notNull(),
    missed_run_policy: mysqlEnum('missed_run_policy', missedRunPolicies).notNull(),
    catchup_limit_minutes: int('catchup_limit_minutes').notNull(),
    busy_vm_policy: mysqlEnum('busy_vm_policy', busyVmPolicies).notNull(),
    max_retries: int('max_retries').notNull(),
    retry_wait_seconds: int('retry_wait_seconds').notNull(),
    max_run_minutes: int('max_run_minutes'),
    window_start: exactText(5)('window_start'),
    window_end: exactText(5)('window_end'),
    full_every_days: int('full_every_days').notNull(),
    full_every_points: int('full_every_points').notNull(),
    quiesce: mysqlEnum('quiesce', oneOf(Quiesce.options)).notNull(),
    last_execution_id: idText('last_execution_id'),
    last_execution_status: mysqlEnum('last_execution_status', lastExecutionStatuses).notNull(),
    last_execution_time: moment('last_execution_time'),
    next_execution_time: moment('next_execution_time'),
    total_executions: int('total_executions').notNull(),
    successful_executions: int('successful_executions').notNull(),
    failed_executions: int('failed_executions').notNull(),
    // Of those, what history has forgotten: the counters above are totals, and rows are counted again at each end.
    pruned_executions: int('pruned_executions').notNull().default(0),
    pruned_successful: int('pruned_successful').notNull().default(0),
    pruned_failed: int('pruned_failed').notNull().default(0),
    version: int('version').notNull(),
    synced_version: int('synced_version').notNull(),
    sync_error: longText('sync_error'),
    rung_until: moment('rung_until'),
    created_by: nameText('created_by').notNull(),
    created_at: moment('created_at').notNull(),
    updated_at: moment('updated_at').notNull(),
    deleted_at: moment('deleted_at'),
    // A deleted flow keeps its row but not its name: NULLs never collide in a unique key.
    live_name: nameText('live_name').generatedAlwaysAs(sql`if(deleted_at is null, name, null)`, {
      mode: 'stored',
    }),
  },
  (table) => [
    uniqueIndex('protection_flows_name_uq').on(table.live_name),
    index('protection_flows_created_ix').on(table.deleted_at, table.created_at, table.id),
    index('protection_flows_type_ix').on(table.flow_type),
    index('protection_flows_target_ix').on(table.target_type, table.target_id),
    index('protection_flows_enabled_ix').on(table.enabled),
    index('protection_flows_schedule_ix').on(table.schedule_id),
    index('protection_flows_last_ix').on(table.last_execution_time),
    index('protection_flows_next_ix').on(table.next_execution_time),
    check(
      'protection_flows_destination_ck',
      sql`(flow_type = 'backup' and repository_id is not null) or (flow_type = 'replication' and destination_type is not null)`,
    ),
    check('protection_flows_window_ck', sql`(window_start is null) = (window_end is null)`),
    foreignKey({
      name: 'protection_flows_schedule_fk',
      columns: [table.schedule_id],
      foreignColumns: [replicationSchedules.id],
    }).onDelete('set null'),
    foreignKey({
      name: 'protection_flows_repository_fk',
      columns: [table.repository_id],
      foreignColumns: [backupRepositories.id],
    }).onDelete('restrict'),
    foreignKey({
      name: 'protection_flows_policy_fk',
      columns: [table.policy_id],
      foreignColumns: [backupPolicies.id],
    }).onDelete('set null'),
  ],
)
