import { z } from 'zod'

export const executionStatuses = [
  'pending',
  'running',
  'paused',
  'success',
  'warning',
  'error',
  'cancelled',
] as const
export const ExecutionStatus = z.enum(executionStatuses)
export type ExecutionStatus = z.infer<typeof ExecutionStatus>
export const openExecutionStatuses = ['pending', 'running', 'paused'] as const

/** `manual`: from the page; `api`: with a token. */
export const executionTypes = ['scheduled', 'manual', 'api'] as const
export const ExecutionType = z.enum(executionTypes)
export type ExecutionType = z.infer<typeof ExecutionType>

/** What is asked of every VM of an execution. */
export const ExecutionBackupType = z.enum(['auto', 'full'])
export type ExecutionBackupType = z.infer<typeof ExecutionBackupType>

/** One run of a flow. Its counters are recomputed from its items, never added up. */
export const Execution = z.object({
  id: z.string(),
  flow_id: z.string(),
  status: ExecutionStatus,
  execution_type: ExecutionType,
  backup_type: ExecutionBackupType,
  /** The execution whose failed VMs this one tries again. */
  retry_of: z.string().nullable(),
  /** Backups that were begun, those of retries included. */
  jobs_created: z.int(),
  /** Items by how they ended; an item counts once however often it was tried. */
  jobs_completed: z.int(),
  jobs_failed: z.int(),
  jobs_skipped: z.int(),
  jobs_cancelled: z.int(),
  vms_total: z.int(),
  /** Items that have ended. */
  vms_processed: z.int(),
  /** Bytes read from sources. */
  bytes_transferred: z.number(),
  warnings: z.array(z.string()),
  error_message: z.string().nullable(),
  /** Why it stands still. */
  pause_reason: z.string().nullable(),
  execution_metadata: z.record(z.string(), z.unknown()).nullable(),
  created_job_ids: z.array(z.string()),
  schedule_execution_id: z.string().nullable(),
  /** The due time, of scheduled ones. */
  nominal_time: z.iso.datetime().nullable(),
  workflow_id: z.string(),
  /** The first run of the workflow that has claimed it. */
  run_id: z.string().nullable(),
  started_at: z.iso.datetime().nullable(),
  completed_at: z.iso.datetime().nullable(),
  execution_time_seconds: z.int().nullable(),
  triggered_by: z.string(),
  created_at: z.iso.datetime(),
})
export type Execution = z.infer<typeof Execution>

export const itemStatuses = [
  'pending',
  'waiting',
  'running',
  'completed',
  'failed',
  'skipped',
  'cancelled',
] as const
export const ItemStatus = z.enum(itemStatuses)
export type ItemStatus = z.infer<typeof ItemStatus>

/** Why an item was tried again, waited or ended: one line each, oldest first. */
export const ItemReason = z.object({
  at: z.iso.datetime(),
  /** Counts from 1; 0 before the first. */
  attempt: z.int(),
  backup_id: z.string().nullable(),
  code: z.string(),
  message: z.string(),
})
export type ItemReason = z.infer<typeof ItemReason>

/** One VM of an execution. */
export const ExecutionItem = z.object({
  execution_id: z.string(),
  /** Order of planning, from 0; with the execution's id it names the item. */
  position: z.int(),
  vm_context_id: z.string(),
  vm_name: z.string(),
  /** Higher goes first. */
  priority: z.int(),
  status: ItemStatus,
  /** What it waits for, or why it ended so. */
  reason: z.string().nullable(),
  /** Backups that were begun for it. */
  attempts: z.int(),
  /** A waiting item is not claimed before. */
  not_before: z.iso.datetime().nullable(),
  /** When it first found its VM busy; null once it has begun. */
  busy_since: z.iso.datetime().nullable(),
  /** Which lane works on it. */
  lane: z.int().nullable(),
  /** The present or latest backup. */
  backup_id: z.string().nullable(),
  backup_ids: z.array(z.string()),
  reasons: z.array(ItemReason),
  bytes_transferred: z.number(),
  error_code: z.string().nullable(),
  error_remedy: z.string().nullable(),
  started_at: z.iso.datetime().nullable(),
  completed_at: z.iso.datetime().nullable(),
})
export type ExecutionItem = z.infer<typeof ExecutionItem>
