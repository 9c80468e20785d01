import { z } from 'zod'
import { JobStep } from '../../domain/job-step.js'
import { Id, Name, operation, Paging } from './operation.js'

/** A step and whose it is: a backup's or an execution's. */
export const LoggedStep = JobStep.extend({
  job_kind: z.enum(['backup', 'execution', 'other']),
  /** The VM's or the flow's name; null where the job is gone. */
  job_name: z.string().nullable(),
})
export type LoggedStep = z.infer<typeof LoggedStep>

export const JobLog = z.object({ steps: z.array(LoggedStep), next_cursor: z.string().nullable() })
export type JobLog = z.infer<typeof JobLog>

export const JobLogFilter = Paging.extend({
  job_id: Id.optional(),
  status: JobStep.shape.status.optional(),
  /** Part of the summary or the detail, whatever its case; needs `job_id` or `since`. */
  search: Name.optional(),
  since: z.iso.datetime().optional(),
})
export type JobLogFilter = z.input<typeof JobLogFilter>

export const listJobLog = operation({
  name: 'listJobLog',
  method: 'GET',
  path: '/job-log',
  summary: 'Every step of every job, newest first',
  tag: 'job-log',
  role: 'viewer',
  query: JobLogFilter,
  responses: { 200: JobLog },
})
