import {
  ApplicationFailure,
  condition,
  defineSignal,
  defineUpdate,
  proxyActivities,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow'
import type { Execution } from '../../domain/execution.js'
import type { RunFlowInput } from '../../domain/operations.js'
import { queues } from '../../domain/rules/names.js'
import { flowUpdates } from '../../workflows/messages.js'

/** What the stand-in's one step writes. */
export interface StandInSteps {
  write(input: { id: string; change: Partial<Execution> }): Promise<void>
}

const { write } = proxyActivities<StandInSteps>({ taskQueue: queues.control, startToCloseTimeout: '30s' })

/** A run of no VMs: it stands where it was told to until it is ended, and takes the Updates as the real one does. */
async function runFlow({ executionId: id = '' }: RunFlowInput): Promise<void> {
  let end: Execution['status'] | null = null
  let isPaused = false
  const take = (name: keyof typeof flowUpdates, act: () => Promise<void>, why: () => string | null): void =>
    setHandler(defineUpdate<void, [string]>(flowUpdates[name]), act, {
      validator: (asked) => {
        const reason = asked === id ? why() : 'it does not run now'
        if (reason === null) return
        throw ApplicationFailure.create({
          type: 'conflict',
          message: `${asked} cannot take ${name}: ${reason}`,
          nonRetryable: true,
          details: [{ remedy: 'What can be done now: cancel.', facts: {} }],
        })
      },
    })
  const pause = async (paused: boolean): Promise<void> => {
    isPaused = paused
    await write({ id, change: { status: paused ? 'paused' : 'running' } })
  }
  take(
    'pause',
    () => pause(true),
    () => (isPaused ? 'it is paused already' : null),
  )
  take(
    'resume',
    () => pause(false),
    () => (isPaused ? null : 'it is not paused'),
  )
  take(
    'cancel',
    () => Promise.resolve(void (end = 'cancelled')),
    () => null,
  )
  setHandler(defineSignal<[Execution['status']]>('end'), (status) => void (end = status))
  const started_at = new Date(Date.now()).toISOString()
  await write({ id, change: { status: 'running', run_id: workflowInfo().firstExecutionRunId, started_at } })
  await condition(() => end !== null)
  await write({ id, change: { status: end ?? 'error', completed_at: new Date(Date.now()).toISOString() } })
}

async function flowSync(): Promise<void> {
  await Promise.resolve()
}

export { runFlow as 'run-flow', flowSync as 'flow-sync' }
