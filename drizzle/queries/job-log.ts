import { and, desc, eq, gte, inArray, like, lt, lte, or, sql } from 'drizzle-orm'
import type { SQL } from 'drizzle-orm'
import { Failure } from '../../domain/failure.js'
import type { JobStep } from '../../domain/job-step.js'
import type { Db } from '../open.js'
import { backupJobs } from '../schema/backup-jobs.js'
import { jobSteps } from '../schema/job-steps.js'
import { protectionFlowExecutions } from '../schema/protection-flow-executions.js'
import { protectionFlows } from '../schema/protection-flows.js'
import type { Page } from './paging.js'

export interface JobLogFilter {
  readonly job_id?: string | undefined
  readonly status?: JobStep['status'] | undefined
  /** Part of the summary or the detail, whatever its case. Bound it by a job or a time: no index helps. */
  readonly search?: string | undefined
  /** ISO time. */
  readonly since?: string | undefined
}

export interface StepPage {
  readonly steps: JobStep[]
  readonly next_cursor: string | null
}

/** Newest first, in the order of the log's indexes. Throws Failure('bad-request') for a cursor that is not ours. */
export const listSteps = async (db: Db, filter: JobLogFilter, page: Page): Promise<StepPage> => {
  const found = await db
    .select()
    .from(jobSteps)
    .where(
      and(
        filter.job_id === undefined ? undefined : eq(jobSteps.job_id, filter.job_id),
        filter.status === undefined ? undefined : eq(jobSteps.status, filter.status),
        filter.since === undefined ? undefined : gte(jobSteps.started_at, filter.since),
        filter.search === undefined ? undefined : searched(filter.search),
        page.cursor === undefined ? undefined : after(readCursor(page.cursor)),
      ),
    )
    .orderBy(desc(jobSteps.started_at), desc(jobSteps.job_id), desc(jobSteps.step_id), desc(jobSteps.attempt))
    .limit(page.limit + 1)
  const steps = found.slice(0, page.limit)
  const last = steps.at(-1)
  const more = found.length > page.limit && last !== undefined
  return { steps, next_cursor: more ? cursorOf(last) : null }
}

const searched = (text: string): SQL | undefined => {
  const pattern = `%${text.toLowerCase().replace(/[\\%_]/g, (character) => `\\${character}`)}%`
  return or(like(sql`lower(${jobSteps.summary})`, pattern), like(sql`lower(${jobSteps.detail})`, pattern))
}

type Position = Pick<JobStep, 'started_at' | 'job_id' | 'step_id' | 'attempt'>

// The first half bounds the index range; the rest sorts out who began in the same millisecond.
const after = ({ started_at, job_id, step_id, attempt }: Position): SQL | undefined =>
  and(
    lte(jobSteps.started_at, started_at),
    or(
      lt(jobSteps.started_at, started_at),
      lt(jobSteps.job_id, job_id),
      and(eq(jobSteps.job_id, job_id), lt(jobSteps.step_id, step_id)),
      and(eq(jobSteps.job_id, job_id), eq(jobSteps.step_id, step_id), lt(jobSteps.attempt, attempt)),
    ),
  )

const cursorOf = ({ started_at, job_id, step_id, attempt }: Position): string =>
  Buffer.from(JSON.stringify([started_at, job_id, step_id, attempt])).toString('base64url')

const readCursor = (cursor: string): Position => {
  const [started_at, job_id, step_id, attempt, ...more] = listIn(cursor)
  if (
    typeof started_at === 'string' &&
    !Number.isNaN(Date.parse(started_at)) &&
    typeof job_id === 'string' &&
    typeof step_id === 'string' &&
    typeof attempt === 'number' &&
    more.length === 0
  )
    return { started_at, job_id, step_id, attempt }
  throw new Failure('bad-request', 'The cursor is not one that the job log gave out', {
    retry: false,
    remedy: 'Leave the cursor out to begin at the first page.',
  })
}

const listIn = (cursor: string): unknown[] => {
  try {
    const value: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'))
    return Array.isArray(value) ? (value as unknown[]) : []
  } catch {
    return []
  }
}

export interface JobNames {
  /** The VM's name by a backup's id. */
  readonly backups: ReadonlyMap<string, string>
  /** The flow's name by an execution's id. */
  readonly executions: ReadonlyMap<string, string>
}

/** Whose steps these are: two statements, however many jobs. */
export const namesOfJobs = async (db: Db, jobIds: readonly string[]): Promise<JobNames> => {
  const ids = [...new Set(jobIds)]
  if (ids.length === 0) return { backups: new Map(), executions: new Map() }
  const backups = await db
    .select({ id: backupJobs.id, name: backupJobs.vm_name })
    .from(backupJobs)
    .where(inArray(backupJobs.id, ids))
  const executions = await db
    .select({ id: protectionFlowExecutions.id, name: protectionFlows.name })
    .from(protectionFlowExecutions)
    .innerJoin(protectionFlows, eq(protectionFlows.id, protectionFlowExecutions.flow_id))
    .where(inArray(protectionFlowExecutions.id, ids))
  const byId = (rows: readonly { id: string; name: string }[]): Map<string, string> =>
    new Map(rows.map(({ id, name }) => [id, name]))
  return { backups: byId(backups), executions: byId(executions) }
}
