import { ApplicationFailure, condition, defineSignal, defineUpdate, setHandler } from '@temporalio/workflow'
import type { StopReason } from '../activities/execution-steps.js'
import { allowedExecutionActions, executionRefusal } from '../domain/rules/execution-actions.js'
import type { ExecutionStage } from '../domain/rules/execution-actions.js'
import { flowUpdates, signals } from './messages.js'

type FlowAction = keyof typeof flowUpdates

/** Where an execution stands and what is asked of it: the only place that takes messages of `run-flow`. */
export interface RunSwitch {
  /** The execution that runs now. */
  begin(executionId: string): void
  end(): void
  isWoken(): boolean
  listen(): void
  /** Why it is to stand still; null: it is to run. */
  wantedPause(): string | null
  /** Its window has closed, or opened: null. */
  setClosed(reason: string | null): void
  /** Whether what is wanted of pauses has been done. */
  isSettled(): boolean
  settled(isPaused: boolean): void
  wantedStop(): StopReason | null
  stop(why: StopReason): void
  stopped(): void
}

/**
 * Takes the signal `wake` and the Updates `pause`, `resume` and `cancel`. A refused one costs no history; one that is
 * taken changes the state before its first await, and is answered when the run has recorded it or has ended.
 */
export function newRunSwitch(expected: string | undefined): RunSwitch {
  let current = expected
  let stage: 'pending' | 'running' | 'ended' = 'pending'
  let woken = false
  let isAsked = false
  let closed: string | null = null
  let isPaused = false
  let stop: StopReason | null = null
  let isStopped = false

  const wantedPause = (): string | null => (isAsked ? 'It was paused by an operator' : closed)
  const stageNow = (): ExecutionStage => {
    if (stage !== 'running') return stage === 'pending' && stop !== null ? 'cancelling' : stage
    if (stop !== null) return 'cancelling'
    return wantedPause() === null ? 'running' : 'paused'
  }
  const take = (action: FlowAction, begin: () => void, isDone: () => boolean): void =>
    setHandler(
      defineUpdate<void, [string]>(flowUpdates[action]),
      async () => {
        begin()
        await condition(() => isDone() || stage === 'ended')
      },
      {
        validator: (executionId) => {
          if (executionId !== current) throw notThis(executionId, action, current)
          const why = executionRefusal(stageNow(), action)
          if (why !== null) throw refused(executionId, action, why, stageNow())
        },
      },
    )
  setHandler(defineSignal(signals.wake), () => {
    woken = true
  })
  take(
    'pause',
    () => (isAsked = true),
    () => isPaused,
  )
  // Whoever resumes outside the window wants just that: it counts again when it next opens and closes.
  take(
    'resume',
    () => ((isAsked = false), (closed = null)),
    () => !isPaused,
  )
  take(
    'cancel',
    () => (stop ??= 'cancelled'),
    () => isStopped,
  )
  return {
    begin: (executionId) => {
      // What was asked of the one that was expected does not mean another that runs in its place.
      if (executionId !== current) [isAsked, stop] = [false, null]
      current = executionId
      stage = 'running'
    },
    end: () => {
      stage = 'ended'
    },
    isWoken: () => woken,
    listen: () => {
      woken = false
    },
    wantedPause,
    setClosed: (reason) => {
      closed = reason
    },
    isSettled: () => (wantedPause() !== null) === isPaused,
    settled: (paused) => {
      isPaused = paused
    },
    wantedStop: () => stop,
    stop: (why) => {
      stop ??= why
    },
    stopped: () => {
      isStopped = true
    },
  }
}

const done: Readonly<Record<FlowAction, string>> = {
  pause: 'paused',
  resume: 'resumed',
  cancel: 'cancelled',
}

const refused = (id: string, action: FlowAction, why: string, stage: ExecutionStage): ApplicationFailure => {
  const actions = allowedExecutionActions(stage)
  return ApplicationFailure.create({
    type: 'conflict',
    message: `${id} cannot be ${done[action]}: ${why}`,
    nonRetryable: true,
    details: [
      {
        remedy:
          actions.length === 0 ? 'Wait until it has ended.' : `What can be done now: ${actions.join(', ')}.`,
        facts: { stage },
      },
    ],
  })
}

const notThis = (id: string, action: FlowAction, current: string | undefined): ApplicationFailure =>
  ApplicationFailure.create({
    type: 'conflict',
    message: `${id} cannot be ${done[action]}: it does not run now`,
    nonRetryable: true,
    details: [
      {
        remedy: 'Load the page again: it has ended, or its turn has not come.',
        facts: { running: current ?? null },
      },
    ],
  })
