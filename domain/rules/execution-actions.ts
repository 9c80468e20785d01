import type { ExecutionStatus } from '../execution.js'

/** What an operator can ask of an execution. */
export const executionActions = ['pause', 'resume', 'cancel', 'retry'] as const
export type ExecutionAction = (typeof executionActions)[number]

/** Where an execution stands, finer than its row's status. */
export type ExecutionStage =
  'pending' | 'running' | 'paused' | 'cancelling' | 'ended' | 'ended-with-failures' | 'retried'

/** True, or why not: the end of a sentence that begins with what was asked. */
type Verdict = true | string

const notPaused = 'it is not paused'
const stillOpen = 'it has not ended yet'
const over = 'it has ended already'

const allowed: Readonly<Record<ExecutionStage, Readonly<Record<ExecutionAction, Verdict>>>> = {
  pending: { pause: 'it has not begun yet', resume: notPaused, cancel: true, retry: stillOpen },
  running: { pause: true, resume: notPaused, cancel: true, retry: stillOpen },
  paused: { pause: 'it is paused already', resume: true, cancel: true, retry: stillOpen },
  cancelling: {
    pause: 'it is being cancelled',
    resume: 'it is being cancelled',
    cancel: 'it is being cancelled already',
    retry: stillOpen,
  },
  ended: { pause: over, resume: over, cancel: over, retry: 'none of its VMs failed' },
  'ended-with-failures': { pause: over, resume: over, cancel: over, retry: true },
  retried: { pause: over, resume: over, cancel: over, retry: 'it was tried again already' },
}

/** What can be asked at this stage, in the order of the page's buttons. */
export const allowedExecutionActions = (stage: ExecutionStage): ExecutionAction[] =>
  executionActions.filter((action) => allowed[stage][action] === true)

/** Why this cannot be asked at this stage; null where it can. */
export function executionRefusal(stage: ExecutionStage, action: ExecutionAction): string | null {
  const verdict = allowed[stage][action]
  return verdict === true ? null : verdict
}

/** The stage as the row shows it; what is asked is judged by the run itself. */
export function stageOfExecution(row: {
  readonly status: ExecutionStatus
  /** VMs that a retry would take up: those that failed, and those that a cancel left. */
  readonly unfinished: number
  readonly retry: LatestRetry | null
}): ExecutionStage {
  if (row.status === 'pending' || row.status === 'running' || row.status === 'paused') return row.status
  if (row.unfinished === 0) return 'ended'
  return row.retry !== null && whyRetried(row.retry) !== null ? 'retried' : 'ended-with-failures'
}

/** The latest execution that tried again what another one had left. */
export interface LatestRetry {
  readonly id: string
  readonly status: ExecutionStatus
  /** Its VMs that were backed up, and those that a retry of it would take up. */
  readonly completed: number
  readonly unfinished: number
}

/**
 * Why what was left is not tried a second time, and what to do instead; null where the retry took nothing up: it was
 * cancelled before it began, could not begin, or skipped all. VMs that it backed up would be backed up once more.
 */
export function whyRetried({ id, status, completed, unfinished }: LatestRetry): {
  readonly why: string
  readonly remedy: string
} | null {
  if (status === 'pending' || status === 'running' || status === 'paused')
    return { why: `its retry ${id} has not ended yet`, remedy: 'Wait until it ends, or cancel it.' }
  if (unfinished > 0)
    return { why: `${id} has tried it again already`, remedy: `Retry ${id}: it has what is left.` }
  if (status === 'success' || completed > 0)
    return {
      why: `its retry ${id} has backed up what it had left`,
      remedy: 'Run the flow where its VMs are to be backed up once more.',
    }
  return null
}
