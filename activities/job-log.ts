import { Context } from '@temporalio/activity'
import type { ActivityInboundCallsInterceptor, ActivityInterceptors } from '@temporalio/worker'
import { CancelledFailure, defaultPayloadConverter } from '@temporalio/common'
import type { Db } from '../drizzle/open.js'
import { recordStepEnd, recordStepStart } from '../drizzle/queries/job-steps.js'
import { fromApplicationFailure, toApplicationFailure } from './failure.js'

/**
 * Writes the JobLog and names every error in the product's words. A step whose input carries a `backupId` is a
 * line, keyed by job, workflow type, step and attempt; it outlives Temporal's own retention.
 */
export const jobLog =
  (db: Db, now: () => Date, onUnknown: (error: unknown, step: string) => void) =>
  (): ActivityInterceptors => ({
    inbound: interceptor(db, now, onUnknown),
  })

const interceptor = (
  db: Db,
  now: () => Date,
  onUnknown: (error: unknown, step: string) => void,
): ActivityInboundCallsInterceptor => ({
  execute: async (input, next) => {
    const { info } = Context.current()
    const jobId = jobOf(input.args[0])
    const line = {
      job_id: jobId ?? '',
      // Several workflows write into one job's log (backup, verification, sweeps), each counting its steps from 1.
      step_id: `${info.workflowType}/${info.activityId}`,
      attempt: info.attempt,
      name: info.activityType,
    }
    const header = input.headers['summary']
    const summary = header ? defaultPayloadConverter.fromPayload<string>(header) : info.activityType
    const startedAt = now().toISOString()
    try {
      // The job's own row may not exist yet for its first step; the log never fails the work.
      if (jobId) await recordStepStart(db, { ...line, summary, started_at: startedAt }).catch(() => undefined)
      const result = await next(input)
      if (jobId) await end('completed', detailOf(result), null)
      return result
    } catch (error) {
      const failure = toApplicationFailure(error)
      const isCancelled = failure instanceof CancelledFailure || failure.name === 'AbortError'
      const view = fromApplicationFailure(failure)
      if (!isCancelled && view.code === 'internal') onUnknown(error, info.activityType)
      if (jobId)
        await end(
          isCancelled ? 'cancelled' : 'failed',
          isCancelled ? null : view.message,
          isCancelled ? null : view.code,
        )
      throw failure
    }
    async function end(
      status: 'completed' | 'failed' | 'cancelled',
      detail: string | null,
      errorCode: string | null,
    ): Promise<void> {
      await recordStepEnd(db, {
        ...line,
        summary,
        status,
        detail,
        error_code: errorCode,
        started_at: startedAt,
        ended_at: now().toISOString(),
      }).catch(() => undefined)
    }
  },
})

function jobOf(argument: unknown): string | undefined {
  const id =
    typeof argument === 'object' && argument !== null
      ? (argument as { backupId?: unknown }).backupId
      : undefined
  return typeof id === 'string' ? id : undefined
}

/** A step's small result, for people: `adopted: false, consistency: crash`. */
function detailOf(result: unknown): string | null {
  if (typeof result !== 'object' || result === null) return null
  const said = Object.entries(result).filter(([, value]) =>
    ['string', 'number', 'boolean'].includes(typeof value),
  )
  return said.length === 0
    ? null
    : said
        .map(([name, value]) => `${name}: ${String(value)}`)
        .join(', ')
        .slice(0, 500)
}
