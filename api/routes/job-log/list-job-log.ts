import type { JobStep } from '../../../domain/job-step.js'
import { listSteps, namesOfJobs } from '../../../drizzle/queries/job-log.js'
import type { JobNames } from '../../../drizzle/queries/job-log.js'
import { listJobLog } from '../../contract/job-log.js'
import type { LoggedStep } from '../../contract/job-log.js'
import { ApiProblem } from '../../problem.js'
import { route } from '../../route.js'

export const listJobLogRoute = route(listJobLog, async ({ context, query }) => {
  const { limit, cursor, ...filter } = query
  if (filter.search !== undefined && filter.job_id === undefined && filter.since === undefined)
    throw new ApiProblem(400, 'bad-request', 'A search of the whole job log needs job_id or since', {
      errors: [{ path: 'query.search', message: 'needs job_id or since' }],
      remedy: 'Say which job, or how far back the search may go.',
    })
  const { steps, next_cursor } = await listSteps(context.db, filter, { limit, cursor })
  const names = await namesOfJobs(
    context.db,
    steps.map(({ job_id }) => job_id),
  )
  return { status: 200, body: { steps: steps.map((step) => toLogged(step, names)), next_cursor } }
})

/** A job that is gone is known by its id's first word alone. */
function toLogged(step: JobStep, { backups, executions }: JobNames): LoggedStep {
  const kind = step.job_id.startsWith('backup-')
    ? 'backup'
    : step.job_id.startsWith('exec-')
      ? 'execution'
      : 'other'
  const [vm, flow] = [backups.get(step.job_id), executions.get(step.job_id)]
  if (vm !== undefined) return { ...step, job_kind: 'backup', job_name: vm }
  return flow === undefined
    ? { ...step, job_kind: kind, job_name: null }
    : { ...step, job_kind: 'execution', job_name: flow }
}
