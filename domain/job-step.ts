import { z } from 'zod'

/** One attempt of one step of a job (the JobLog), written by the activity interceptor. */
export const JobStep = z.object({
  job_id: z.string(),
  /** The workflow's type and the activity's id in its run: orders nothing, identifies the step. */
  step_id: z.string(),
  attempt: z.number().int(),
  name: z.string(),
  summary: z.string(),
  status: z.enum(['running', 'completed', 'failed', 'cancelled']),
  detail: z.string().nullable(),
  error_code: z.string().nullable(),
  started_at: z.iso.datetime(),
  ended_at: z.iso.datetime().nullable(),
})
export type JobStep = z.infer<typeof JobStep>
