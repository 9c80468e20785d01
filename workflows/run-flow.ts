import {
  allHandlersFinished,
  CancellationScope,
  CancelledFailure,
  condition,
  continueAsNew,
  isCancellation,
  sleep,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow'
import type { FinishExecutionInput } from '../activities/execution-steps.js'
import type { RunFlowInput } from '../domain/operations.js'
import { atHand } from './at-hand.js'
import { show } from './flow-phase.js'
import type { FlowRun } from './flow-phase.js'
import { inLanes } from './flow-lanes.js'
import { failureView } from './failure-view.js'
import { searchAttributes } from './messages.js'
import { planRun } from './plan-run.js'
import { newRunSwitch } from './run-switch.js'
import { control } from './steps.js'
import { watchRun } from './watch-run.js'

/**
 * Runs a flow: claims an execution, plans its VMs, backs them up in lanes, ends it with true counters; then the next
 * queued one, one execution a history. Its id, `flow:<flow id>`, is the lock.
 */
export async function runFlow(input: RunFlowInput): Promise<void> {
  const messages = newRunSwitch(input.executionId)
  makeFindable(input.flowId)
  for (;;) {
    messages.listen()
    const claimed = await claim(input)
    if (claimed !== null) {
      await execute({ flowId: input.flowId, ...claimed, messages, wakers: [] })
      messages.listen()
      const { queued } = await atHand('lookForQueued', 'look whether another execution is queued', {
        flowId: input.flowId,
      })
      await condition(allHandlersFinished)
      if (queued || messages.isWoken()) return await continueAsNew<typeof runFlow>({ flowId: input.flowId })
      return
    }
    // A wake that came while it looked: its row may have been written after the look.
    if (!messages.isWoken()) break
  }
  messages.end()
  await condition(allHandlersFinished)
}

/** A cancel that comes this early waits: only a run that owns its row can end it as cancelled. */
const claim = ({ flowId, executionId }: RunFlowInput) =>
  CancellationScope.nonCancellable(() => {
    const { workflowId, firstExecutionRunId: runId } = workflowInfo()
    const wanted = { flowId, wanted: executionId ?? null, workflowId, runId }
    return atHand('claimExecution', 'claim the execution', wanted)
  })

/** Whoever started it may have given it no attributes. */
function makeFindable(flowId: string): void {
  const known = workflowInfo().typedSearchAttributes
  const missing = [
    { key: searchAttributes.opKind, value: 'flow' },
    { key: searchAttributes.flowId, value: flowId },
  ].filter(({ key, value }) => known.get(key) !== value)
  if (missing.length > 0) upsertSearchAttributes(missing)
}

/** From the plan to the end's counters; rethrows only a cancel of the workflow itself. */
async function execute(run: FlowRun): Promise<void> {
  const { messages } = run
  messages.begin(run.executionId)
  const root = CancellationScope.current()
  let end: FinishExecutionInput['end'] = { kind: 'ended' }
  let wasCancelled: unknown = null
  try {
    await watchRun(run, async () => {
      await standAside(run)
      const plan = await planRun(run)
      show(
        run,
        'running',
        `Backing up ${plan.items} VM(s) of ${plan.target}, ${Math.max(1, plan.lanes)} at a time.`,
      )
      await inLanes(run, plan)
    })
  } catch (error) {
    if (root.consideredCancelled) wasCancelled = error
    if (messages.wantedStop() === 'cancelled' || wasCancelled !== null) end = { kind: 'cancelled' }
    else if (!isCancellation(error)) end = { kind: 'failed', message: failureView(error).message }
  }
  messages.end()
  await finish(run, end)
  if (wasCancelled !== null)
    throw isCancellation(wasCancelled) ? wasCancelled : new CancelledFailure('The execution was cancelled')
}

/** A thousand flows of one minute all begin; what they cannot do yet, they plan later. */
async function standAside(run: FlowRun): Promise<void> {
  const { rest } = run
  show(
    run,
    'running',
    `${rest === null ? '' : `Rests a little: ${rest.reason}. `}Finds out which VMs it protects.`,
  )
  if (rest !== null) await sleep(rest.ms)
}

async function finish(run: FlowRun, end: FinishExecutionInput['end']): Promise<void> {
  const finished = await CancellationScope.nonCancellable(() =>
    control.finishExecution.executeWithOptions({ summary: 'record how the execution ended' }, [
      { executionId: run.executionId, end },
    ]),
  )
  show(run, finished.status, finished.message ?? `Ended: ${finished.status}.`)
}
