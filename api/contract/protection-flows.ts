import { z } from 'zod'
import { Quiesce } from '../../domain/backup.js'
import { FlowCheck } from '../../domain/flow-check.js'
import { ExecutionBackupType } from '../../domain/execution.js'
import {
  DestinationType,
  Flow,
  FlowSettings,
  FlowType,
  LastExecutionStatus,
  TargetType,
  defaultFlowSettings,
} from '../../domain/flow.js'
import { AllPaused } from './all-flows.js'
import { ExecutionList, ExecutionResponse } from './executions.js'
import { Description, Id, IdParams, Name, NumericId, operation, PageFields, Paging } from './operation.js'

const usual = defaultFlowSettings
const settings = FlowSettings.shape

const Settings = {
  overlap_policy: settings.overlap_policy.default(usual.overlap_policy),
  missed_run_policy: settings.missed_run_policy.default(usual.missed_run_policy),
  catchup_limit_minutes: settings.catchup_limit_minutes.default(usual.catchup_limit_minutes),
  busy_vm_policy: settings.busy_vm_policy.default(usual.busy_vm_policy),
  max_retries: settings.max_retries.default(usual.max_retries),
  retry_wait_seconds: settings.retry_wait_seconds.default(usual.retry_wait_seconds),
  max_run_minutes: settings.max_run_minutes.default(usual.max_run_minutes),
  window_start: settings.window_start.default(usual.window_start),
  window_end: settings.window_end.default(usual.window_end),
  full_every_days: settings.full_every_days.default(usual.full_every_days),
  full_every_points: settings.full_every_points.default(usual.full_every_points),
  quiesce: Quiesce.default(usual.quiesce),
}

/** Seed 001's CreateFlowRequest and the flow's settings, each with its usual value. */
export const FlowRequest = z.strictObject({
  name: Name,
  description: Description.nullable().default(null),
  flow_type: FlowType,
  target_type: TargetType,
  target_id: Id,
  /** Needed by backups. */
  repository_id: NumericId.nullable().default(null),
  policy_id: NumericId.nullable().default(null),
  /** Needed by replications, which cannot be made yet. */
  destination_type: DestinationType.nullable().default(null),
  destination_config: z.record(z.string(), z.unknown()).nullable().default(null),
  /** Without one the flow runs only when somebody asks. */
  schedule_id: Id.nullable().default(null),
  enabled: z.boolean().default(true),
  ...Settings,
})
export type FlowRequest = z.input<typeof FlowRequest>

/** PUT changes what is given and leaves the rest; `flow_type` stays what it is. */
export const FlowChange = z
  .strictObject({
    name: Name,
    description: Description.nullable(),
    flow_type: FlowType,
    target_type: TargetType,
    target_id: Id,
    repository_id: NumericId.nullable(),
    policy_id: NumericId.nullable(),
    destination_type: DestinationType.nullable(),
    destination_config: z.record(z.string(), z.unknown()).nullable(),
    schedule_id: Id.nullable(),
    enabled: z.boolean(),
    ...settings,
  })
  .partial()
export type FlowChange = z.input<typeof FlowChange>

export const FlowStatusFields = z.object({
  last_execution_id: z.string().nullable(),
  /** `pending`: it has never run. */
  last_execution_status: LastExecutionStatus,
  last_execution_time: z.iso.datetime().nullable(),
  /** Null while nothing will ring: no schedule, the flow or its schedule disabled. Without the schedule's jitter. */
  next_execution_time: z.iso.datetime().nullable(),
  total_executions: z.int(),
  successful_executions: z.int(),
  failed_executions: z.int(),
})
export type FlowStatusFields = z.infer<typeof FlowStatusFields>

/** Seed 001's FlowResponse, the flow's settings and how it stands with Temporal's schedule. */
export const FlowResponse = Flow.omit({
  last_execution_id: true,
  last_execution_status: true,
  last_execution_time: true,
  next_execution_time: true,
  total_executions: true,
  successful_executions: true,
  failed_executions: true,
  rung_until: true,
  deleted_at: true,
}).extend({
  /** Null where the VM or group is gone. */
  target_name: z.string().nullable(),
  repository_name: z.string().nullable(),
  policy_name: z.string().nullable(),
  schedule_name: z.string().nullable(),
  schedule_cron: z.string().nullable(),
  schedule_timezone: z.string().nullable(),
  schedule_enabled: z.boolean().nullable(),
  status: FlowStatusFields,
})
export type FlowResponse = z.infer<typeof FlowResponse>

/** A VM that the flow protects now. */
export const FlowMachine = z.object({
  vm_context_id: z.string(),
  vm_name: z.string(),
  platform_name: z.string(),
  power_state: z.string(),
  cpu_count: z.int(),
  memory_mb: z.int(),
  disk_bytes: z.number(),
  /** Its latest item in this flow was completed, failed, is under way, or there was none; skipped and cancelled ones say nothing. */
  health: z.enum(['good', 'failing', 'running', 'unknown']),
  last_backup_at: z.iso.datetime().nullable(),
  /** Of its ended items in this flow's latest 50 executions, in per cent; null without any. */
  success_rate: z.number().nullable(),
})
export type FlowMachine = z.infer<typeof FlowMachine>

/** `stays_behind`: what a deleted flow leaves. `machines`: at most 200, `machines_total` counts all. */
export const FlowDetails = FlowResponse.extend({
  machines: z.array(FlowMachine),
  machines_total: z.int(),
  current_execution: ExecutionResponse.nullable(),
  stays_behind: z.object({ backups: z.int(), bytes_stored: z.number(), executions: z.int() }),
})
export type FlowDetails = z.infer<typeof FlowDetails>

export const FlowList = z.object({ flows: z.array(FlowResponse), ...PageFields })
export type FlowList = z.infer<typeof FlowList>

const QueryFlag = z.enum(['true', 'false']).transform((text) => text === 'true')

export const FlowFilter = Paging.extend({
  flow_type: FlowType.optional(),
  target_type: TargetType.optional(),
  target_id: Id.optional(),
  repository_id: NumericId.optional(),
  policy_id: NumericId.optional(),
  schedule_id: Id.optional(),
  enabled: QueryFlag.optional(),
  last_execution_status: LastExecutionStatus.optional(),
  /** Part of the name, whatever its case. */
  search: Name.optional(),
  sort: z.enum(['created_at', 'name', 'last_execution_time', 'next_execution_time']).default('created_at'),
  order: z.enum(['asc', 'desc']).default('desc'),
})
export type FlowFilter = z.input<typeof FlowFilter>

/** `current_execution_id` is the one under way; `next_runs`: at most ten, inside its window; `queued`: due times that wait their turn. */
export const FlowStatus = FlowStatusFields.extend({
  enabled: z.boolean(),
  current_execution_id: z.string().nullable(),
  queued: z.int(),
  next_runs: z.array(z.iso.datetime()),
  /** What keeps it from running as its schedule says, one sentence; null where nothing does. */
  held_by: z.string().nullable(),
})
export type FlowStatus = z.infer<typeof FlowStatus>

export const ExecuteRequest = z
  .strictObject({ backup_type: ExecutionBackupType.default('auto') })
  .default({ backup_type: 'auto' })
export type ExecuteRequest = z.input<typeof ExecuteRequest>

export { FlowCheck }

/** `errors` and `warnings` are the checks' sentences; `valid` is true without errors. */
export const FlowTest = z.object({
  valid: z.boolean(),
  errors: z.array(z.string()),
  warnings: z.array(z.string()),
  checks: z.array(FlowCheck),
})
export type FlowTest = z.infer<typeof FlowTest>

/** "Today" begins at midnight UTC. */
export const FlowSummary = z.object({
  total_flows: z.int(),
  enabled_flows: z.int(),
  backup_flows: z.int(),
  replication_flows: z.int(),
  running_executions: z.int(),
  total_executions_today: z.int(),
  successful_executions_today: z.int(),
  failed_executions_today: z.int(),
  bytes_transferred_today: z.number(),
  /** Flows by how their last execution ended. */
  by_last_status: z.record(LastExecutionStatus, z.int()),
  next_execution_time: z.iso.datetime().nullable(),
  /** Null while nobody has paused everything. */
  all_paused: AllPaused.nullable(),
})
export type FlowSummary = z.infer<typeof FlowSummary>

export const CloneRequest = z.strictObject({ name: Name })
export type CloneRequest = z.input<typeof CloneRequest>

const tag = 'protection-flows'
const one = '/protection-flows/{id}'

export const createFlow = operation({
  name: 'createFlow',
  method: 'POST',
  path: '/protection-flows',
  summary: 'Makes a flow; its schedule follows by itself. Replications answer 422: not available yet',
  tag,
  role: 'operator',
  body: FlowRequest,
  responses: { 201: FlowResponse },
})

export const listFlows = operation({
  name: 'listFlows',
  method: 'GET',
  path: '/protection-flows',
  summary: 'Flows that match, a page at a time',
  tag,
  role: 'viewer',
  query: FlowFilter,
  responses: { 200: FlowList },
})

export const getFlowSummary = operation({
  name: 'getFlowSummary',
  method: 'GET',
  path: '/protection-flows/summary',
  summary: 'Numbers over all flows',
  tag,
  role: 'viewer',
  responses: { 200: FlowSummary },
})

export const getFlow = operation({
  name: 'getFlow',
  method: 'GET',
  path: one,
  summary: 'One flow with its machines',
  tag,
  role: 'viewer',
  params: IdParams,
  responses: { 200: FlowDetails },
})

export const updateFlow = operation({
  name: 'updateFlow',
  method: 'PUT',
  path: one,
  summary: 'Changes what is given; a run that is under way keeps its settings',
  tag,
  role: 'operator',
  params: IdParams,
  body: FlowChange,
  responses: { 200: FlowResponse },
})

export const deleteFlow = operation({
  name: 'deleteFlow',
  method: 'DELETE',
  path: one,
  summary: 'Removes a flow that is not running; backups and history stay',
  tag,
  role: 'operator',
  params: IdParams,
  responses: { 204: null },
})

export const enableFlow = operation({
  name: 'enableFlow',
  method: 'PATCH',
  path: `${one}/enable`,
  summary: 'Lets the schedule ring again',
  tag,
  role: 'operator',
  params: IdParams,
  responses: { 200: FlowResponse },
})

export const disableFlow = operation({
  name: 'disableFlow',
  method: 'PATCH',
  path: `${one}/disable`,
  summary: 'Stops the schedule; a run that is under way goes on',
  tag,
  role: 'operator',
  params: IdParams,
  responses: { 200: FlowResponse },
})

export const executeFlow = operation({
  name: 'executeFlow',
  method: 'POST',
  path: `${one}/execute`,
  summary: 'Runs the flow now, whatever its window; 409 names the execution that is under way',
  tag,
  role: 'operator',
  params: IdParams,
  body: ExecuteRequest,
  responses: { 202: ExecutionResponse },
})

export const listFlowExecutions = operation({
  name: 'listFlowExecutions',
  method: 'GET',
  path: `${one}/executions`,
  summary: "A flow's runs, newest first",
  tag,
  role: 'viewer',
  params: IdParams,
  query: Paging,
  responses: { 200: ExecutionList },
})

export const getFlowStatus = operation({
  name: 'getFlowStatus',
  method: 'GET',
  path: `${one}/status`,
  summary: 'How a flow stands and when it runs next',
  tag,
  role: 'viewer',
  params: IdParams,
  responses: { 200: FlowStatus },
})

export const testFlow = operation({
  name: 'testFlow',
  method: 'POST',
  path: `${one}/test`,
  summary: 'Dry run: vCenter, rights, change tracking, room on datastores and in the repository',
  tag,
  role: 'operator',
  params: IdParams,
  responses: { 200: FlowTest },
})

export const cloneFlow = operation({
  name: 'cloneFlow',
  method: 'POST',
  path: `${one}/clone`,
  summary: 'A new, disabled flow with the same settings',
  tag,
  role: 'operator',
  params: IdParams,
  body: CloneRequest,
  responses: { 201: FlowResponse },
})
