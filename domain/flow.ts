import { z } from 'zod'
import { Quiesce } from './backup.js'

export const flowTypes = ['backup', 'replication'] as const
export const FlowType = z.enum(flowTypes)
export type FlowType = z.infer<typeof FlowType>

export const targetTypes = ['vm', 'group'] as const
export const TargetType = z.enum(targetTypes)
export type TargetType = z.infer<typeof TargetType>

/** Where replicas go; known to the contract before the first of them can be made. */
export const destinationTypes = ['ossea', 'vmware', 'hyperv'] as const
export const DestinationType = z.enum(destinationTypes)
export type DestinationType = z.infer<typeof DestinationType>

/** A schedule rings while the flow's last execution is still open. */
export const overlapPolicies = ['skip', 'queue'] as const
export const OverlapPolicy = z.enum(overlapPolicies)
export type OverlapPolicy = z.infer<typeof OverlapPolicy>

/** A due time passed while nobody could ring. */
export const missedRunPolicies = ['run_once', 'run_all', 'skip'] as const
export const MissedRunPolicy = z.enum(missedRunPolicies)
export type MissedRunPolicy = z.infer<typeof MissedRunPolicy>

/** A VM's turn comes while something else works on it. */
export const busyVmPolicies = ['wait', 'skip'] as const
export const BusyVmPolicy = z.enum(busyVmPolicies)
export type BusyVmPolicy = z.infer<typeof BusyVmPolicy>

/** `pending`: it has never run. */
export const lastExecutionStatuses = [
  'success',
  'warning',
  'error',
  'running',
  'pending',
  'paused',
  'cancelled',
] as const
export const LastExecutionStatus = z.enum(lastExecutionStatuses)
export type LastExecutionStatus = z.infer<typeof LastExecutionStatus>

/** `HH:MM` on a 24-hour clock, in the zone of the flow's schedule (UTC where it has none). */
export const ClockTime = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'must be a time such as 22:30')

/** How a flow behaves: columns of its row, each with the value that a new flow gets. */
export const FlowSettings = z.object({
  overlap_policy: OverlapPolicy,
  missed_run_policy: MissedRunPolicy,
  /** Due times that are older than this when they are noticed are never run. */
  catchup_limit_minutes: z.int().min(1).max(10_080),
  busy_vm_policy: BusyVmPolicy,
  /** How often one VM is tried again within an execution, where its failure may pass by itself. */
  max_retries: z.int().min(0).max(20),
  retry_wait_seconds: z.int().min(1).max(86_400),
  /** What has not ended by then is stopped; null: no bound. */
  max_run_minutes: z.int().min(1).max(20_160).nullable(),
  /** Both or neither: outside these hours scheduled runs are skipped and running ones paused. May span midnight. */
  window_start: ClockTime.nullable(),
  window_end: ClockTime.nullable(),
  /** A chain ends, and a full backup begins the next one. */
  full_every_days: z.int().min(1).max(3650),
  full_every_points: z.int().min(1).max(1000),
  quiesce: Quiesce,
})
export type FlowSettings = z.infer<typeof FlowSettings>

export const defaultFlowSettings: FlowSettings = {
  overlap_policy: 'skip',
  missed_run_policy: 'run_once',
  catchup_limit_minutes: 1440,
  busy_vm_policy: 'wait',
  max_retries: 2,
  retry_wait_seconds: 60,
  max_run_minutes: null,
  window_start: null,
  window_end: null,
  full_every_days: 7,
  full_every_points: 30,
  quiesce: 'prefer',
}

/** What to protect, when, where to and for how long. A deleted flow keeps its row, and its history. */
export const Flow = FlowSettings.extend({
  id: z.string(),
  name: z.string(),
  description: z.string().nullable(),
  flow_type: FlowType,
  target_type: TargetType,
  /** A VM context's or a group's id. */
  target_id: z.string(),
  repository_id: z.int().nullable(),
  policy_id: z.int().nullable(),
  destination_type: DestinationType.nullable(),
  destination_config: z.record(z.string(), z.unknown()).nullable(),
  schedule_id: z.string().nullable(),
  enabled: z.boolean(),
  last_execution_id: z.string().nullable(),
  last_execution_status: LastExecutionStatus,
  last_execution_time: z.iso.datetime().nullable(),
  next_execution_time: z.iso.datetime().nullable(),
  total_executions: z.int(),
  successful_executions: z.int(),
  failed_executions: z.int(),
  /** Raised by every change that Temporal's schedule must follow; `synced_version` is what it follows now. */
  version: z.int(),
  synced_version: z.int(),
  /** Why Temporal does not follow, for an operator; null where it does. */
  sync_error: z.string().nullable(),
  /** Every due time up to here is accounted for in `schedule_executions`. */
  rung_until: z.iso.datetime().nullable(),
  created_by: z.string(),
  created_at: z.iso.datetime(),
  updated_at: z.iso.datetime(),
  deleted_at: z.iso.datetime().nullable(),
})
export type Flow = z.infer<typeof Flow>
