import { and, asc, eq, inArray, lt, notInArray, sql } from 'drizzle-orm'
import type { JobStep } from '../../domain/job-step.js'
import { matched } from '../open.js'
import type { Db } from '../open.js'
import { backupJobs } from '../schema/backup-jobs.js'
import { jobSteps } from '../schema/job-steps.js'
import { protectionFlowExecutions } from '../schema/protection-flow-executions.js'

export type StepStart = Pick<JobStep, 'job_id' | 'step_id' | 'attempt' | 'name' | 'summary' | 'started_at'>

/** An attempt of a step begins. The same attempt again (an engineer's reset counts from 1) begins anew. */
export const recordStepStart = async (db: Db, step: StepStart): Promise<void> => {
  await db
    .insert(jobSteps)
    .values({ ...step, status: 'running' })
    .onDuplicateKeyUpdate({
      set: {
        name: sql`values(name)`,
        summary: sql`values(summary)`,
        status: sql`values(status)`,
        detail: null,
        error_code: null,
        started_at: sql`values(started_at)`,
        ended_at: null,
      },
    })
}

/** An attempt is over. Writes the whole row, so a start that was lost with the database loses nothing. */
export const recordStepEnd = async (db: Db, step: JobStep): Promise<void> => {
  await db
    .insert(jobSteps)
    .values(step)
    .onDuplicateKeyUpdate({
      set: {
        summary: sql`values(summary)`,
        status: sql`values(status)`,
        detail: sql`values(detail)`,
        error_code: sql`values(error_code)`,
        ended_at: sql`values(ended_at)`,
      },
    })
}

/** A wait whose step was cancelled between two attempts has nobody to write its end. */
export const endWaits = async (
  db: Db,
  jobId: string,
  names: readonly string[],
  now: string,
): Promise<void> => {
  await db
    .update(jobSteps)
    .set({ status: 'cancelled', ended_at: now })
    .where(
      and(eq(jobSteps.job_id, jobId), eq(jobSteps.status, 'running'), inArray(jobSteps.name, [...names])),
    )
}

/** The story of a job, in the order in which its steps began. */
export const stepsOf = (db: Db, jobId: string): Promise<JobStep[]> =>
  db
    .select()
    .from(jobSteps)
    .where(eq(jobSteps.job_id, jobId))
    .orderBy(asc(jobSteps.started_at), asc(jobSteps.step_id), asc(jobSteps.attempt))

/**
 * Removes steps begun before `olderThan` (ISO time) whose job or execution is no more: a delete ends after its own job. Returns how
 * many rows went.
 */
export const pruneSteps = async (db: Db, olderThan: string): Promise<number> => {
  const jobs = db.select({ id: backupJobs.id }).from(backupJobs)
  const runs = db.select({ id: protectionFlowExecutions.id }).from(protectionFlowExecutions)
  return matched(
    await db
      .delete(jobSteps)
      .where(
        and(
          lt(jobSteps.started_at, olderThan),
          notInArray(jobSteps.job_id, jobs),
          notInArray(jobSteps.job_id, runs),
        ),
      ),
  )
}
