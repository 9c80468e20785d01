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
