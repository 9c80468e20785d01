import type { Info } from '@temporalio/activity'
import type { JobStep } from '../../domain/job-step.js'
import { recordStepEnd, recordStepStart } from '../../drizzle/queries/job-steps.js'
import type { Side } from '../blocks/end.js'
import type { TransferDependencies } from './dependencies.js'
import type { Attempt } from './attempt.js'
import type { EndWatch } from './reopenable-end.js'

export interface EndLog extends AsyncDisposable {
  readonly source: EndWatch
  readonly target: EndWatch
}

type Step = Pick<Info, 'workflowType' | 'activityId' | 'attempt'>
type Needs = Pick<TransferDependencies, 'db' | 'said' | 'now'>

/**
 * Tells the worker's log, and the job's, of ends that are lost and come back: a line that begins when one is lost and
 * ends when it is back, beside the line of the step. Disposing waits for what is still to be written.
 */
export function openEndLog({ db, said, now }: Needs, { job, disk }: Attempt, step: Step): EndLog {
  let writing: Promise<void> = Promise.resolve()
  let lines = 0
  // A database that is away costs lines, never the copy.
  const write = (work: () => Promise<void>): void => {
    writing = writing.then(work).catch(() => undefined)
  }
  const watch = (side: Side): EndWatch => {
    let line: Omit<JobStep, 'status' | 'detail' | 'error_code' | 'ended_at'> | undefined
    const end = (status: JobStep['status'], detail: string): void => {
      said(`${job.backup.id} ${disk.label}: the ${side} ${detail}`)
      const row = line
      if (row === undefined) return
      const ended = { ...row, status, detail, error_code: null, ended_at: now().toISOString() }
      write(() => recordStepEnd(db, ended))
    }
    return {
      lost(where, why) {
        said(`${job.backup.id} ${disk.label}: the ${side} is lost (${why}) and is opened again: ${where}`)
        const row = {
          job_id: job.backup.id,
          step_id: `${step.workflowType}/${step.activityId}/${side}-${++lines}`,
          attempt: step.attempt,
          name: side === 'source' ? 'reopenSource' : 'reopenTarget',
          summary: `${disk.label}: ${why}`,
          started_at: now().toISOString(),
        }
        line = row
        write(() => recordStepStart(db, row))
      },
      back: (afterMs) => end('completed', `is back after ${seconds(afterMs)}`),
      gone: (afterMs) => end('failed', `was not back after ${seconds(afterMs)}`),
    }
  }
  return { source: watch('source'), target: watch('target'), [Symbol.asyncDispose]: () => writing }
}

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`
