import { Context } from '@temporalio/activity'
import type { ActivityInboundCallsInterceptor, ActivityInterceptors } from '@temporalio/worker'
import { CancelledFailure, defaultPayloadConverter } from '@temporalio/common'
import type { FailureCode } from '../domain/failure.js'
import type { JobStep } from '../domain/job-step.js'
import type { Db } from '../drizzle/open.js'
import { recordStepEnd, recordStepStart } from '../drizzle/queries/job-steps.js'
import { fromApplicationFailure, toApplicationFailure } from './failure.js'
import type { ControlSteps } from './steps.js'

/** Steps that stand in line, and what they fail with as long as it is not their turn. */
const waits: Readonly<Record<string, string>> = {
  takeLease: 'vm-busy',
  takeSlots: 'slots-busy',
  pauseBackups: 'vm-busy',
  resumeBackups: 'vm-busy',
} satisfies Partial<Record<keyof ControlSteps, FailureCode>>
export const waitingSteps = Object.keys(waits)

/**
 * Writes the JobLog and names every error in the product's words. A step whose input carries a `backupId` is a
 * line of that job's, one with an `executionId` alone a line of that execution's, keyed by job, workflow type, step and attempt; it outlives Temporal's own retention. A step that stands in
 * line is one line for all its attempts, which runs until its turn comes and says what it waits for.
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
      attempt: info.activityType in waits ? 1 : info.attempt,
      name: info.activityType,
    }
    const header = input.headers['summary']
    const summary = header ? defaultPayloadConverter.fromPayload<string>(header) : info.activityType
    const startedAt = now().toISOString()
    try {
      // The job's own row may not exist yet for its first step; the log never fails the work. A step at hand ends
      // within seconds: its end alone is written.
      if (jobId && line.attempt === info.attempt && !info.isLocal)
        await recordStepStart(db, { ...line, summary, started_at: startedAt }).catch(() => undefined)
      const result = await next(input)
      if (jobId) await end('completed', detailOf(result), null)
      return result
    } catch (error) {
      const failure = toApplicationFailure(error)
      const { status, detail, code } = endOf(info.activityType, failure)
      if (code === 'internal') onUnknown(error, info.activityType)
      if (jobId) await end(status, detail, code)
      throw failure
    }
    async function end(
      status: JobStep['status'],
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
        ended_at: status === 'running' ? null : now().toISOString(),
      }).catch(() => undefined)
    }
  },
})

/** How a failed attempt stands in the log. */
function endOf(
  step: string,
  failure: Error,
): { readonly status: JobStep['status']; readonly detail: string | null; readonly code: string | null } {
  const isCancelled = failure instanceof CancelledFailure || failure.name === 'AbortError'
  if (isCancelled) return { status: 'cancelled', detail: null, code: null }
  const { message, code } = fromApplicationFailure(failure)
  return waits[step] === code
    ? { status: 'running', detail: message, code: null }
    : { status: 'failed', detail: message, code }
}

function jobOf(argument: unknown): string | undefined {
  if (typeof argument !== 'object' || argument === null) return undefined
  const { backupId, executionId } = argument as { backupId?: unknown; executionId?: unknown }
  const id = backupId ?? executionId
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
