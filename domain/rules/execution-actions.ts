import type { ExecutionStatus } from '../execution.js'

/** What an operator can ask of an execution. */
export const executionActions = ['pause', 'resume', 'cancel', 'retry'] as const
export type ExecutionAction = (typeof executionActions)[number]

/** Where an execution stands, finer than its row's status. */
export type ExecutionStage = 'pending' | 'running' | 'paused' | 'cancelling' | 'ended' | 'ended-with-failures'

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
}): ExecutionStage {
  if (row.status === 'pending' || row.status === 'running' || row.status === 'paused') return row.status
  return row.unfinished > 0 ? 'ended-with-failures' : 'ended'
}
