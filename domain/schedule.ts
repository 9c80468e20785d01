import { z } from 'zod'

/** When flows run; several may share one. */
export const Schedule = z.object({
  id: z.string(),
  name: z.string(),
  description: z.string().nullable(),
  /** Five fields; see `domain/rules/cron.ts`. */
  cron_expression: z.string(),
  /** IANA name. */
  timezone: z.string(),
  /** Each ring comes up to so much later, by chance. */
  jitter_seconds: z.int(),
  /** A disabled schedule rings for no flow. */
  enabled: z.boolean(),
  created_by: z.string(),
  created_at: z.iso.datetime(),
  updated_at: z.iso.datetime(),
})
export type Schedule = z.infer<typeof Schedule>

export const scheduleExecutionStatuses = ['started', 'queued', 'skipped', 'missed', 'error'] as const
export const ScheduleExecutionStatus = z.enum(scheduleExecutionStatuses)
export type ScheduleExecutionStatus = z.infer<typeof ScheduleExecutionStatus>

/** What became of one due time of one flow; there is never a second row for it. */
export const ScheduleExecution = z.object({
  id: z.string(),
  flow_id: z.string(),
  schedule_id: z.string().nullable(),
  nominal_time: z.iso.datetime(),
  status: ScheduleExecutionStatus,
  /** For an operator: why it did not simply start on time; null where it did. */
  reason: z.string().nullable(),
  created_at: z.iso.datetime(),
})
export type ScheduleExecution = z.infer<typeof ScheduleExecution>

/** A due time that passed without anybody deciding about it, and what became of it then. */
export const SilentDueTime = z.object({
  flow_id: z.string(),
  flow_name: z.string(),
  due_at: z.iso.datetime(),
  status: ScheduleExecutionStatus,
})
export type SilentDueTime = z.infer<typeof SilentDueTime>

/** What one round of `reconcile` found between the rows and Temporal's schedules, and did. */
export const ReconcileReport = z.object({
  started_at: z.iso.datetime(),
  ended_at: z.iso.datetime(),
  flows: z.int(),
  /** Schedules that were missing, that differed, and that no flow owned. */
  created: z.int(),
  updated: z.int(),
  removed: z.int(),
  /** Under names of ours, but of another installation or program: left alone. */
  foreign: z.int(),
  refreshed: z.int(),
  /** Nothing ran when it should have; the newest hundred. */
  silent: z.array(SilentDueTime),
  /** Flows that could not be looked after, with the reason; a hundred at most. */
  failed: z.array(z.object({ flow_id: z.string(), reason: z.string() })),
})
export type ReconcileReport = z.infer<typeof ReconcileReport>
