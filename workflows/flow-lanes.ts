import {
  CancellationScope,
  ChildWorkflowCancellationType,
  log,
  ParentClosePolicy,
  startChild,
} from '@temporalio/workflow'
import type { PlannedExecution } from '../activities/execution-steps.js'
import { workflowIds, workflowTypes } from '../domain/rules/names.js'
import { newWaker, workOnItems } from './flow-items.js'
import { searchAttributes, signals } from './messages.js'
import { show } from './flow-phase.js'
import type { FlowRun } from './flow-phase.js'

/** Works on all items; resolves when none is left, with the lanes ended. */
export async function inLanes(run: FlowRun, plan: PlannedExecution): Promise<void> {
  if (plan.lanes === 0) return await alone(run)
  const lanes = Array.from({ length: plan.lanes }, (_, index) => lane(run, index + 1))
  const ended = await Promise.allSettled(lanes)
  if (CancellationScope.current().consideredCancelled) await CancellationScope.current().cancelRequested
  const failed = ended.filter((end) => end.status === 'rejected')
  // VMs that a lane has left are recorded at the end; a lane only fails where somebody ends it from outside.
  if (failed.length > 0) log.warn('lanes ended from outside', { lanes: failed.length })
}

/** So few VMs need no workflow of their own. */
async function alone(run: FlowRun): Promise<void> {
  const waker = newWaker()
  run.wakers.push(waker.wake)
  const { flowId, executionId } = run
  const lane = { flowId, executionId, lane: 0, ...waker }
  await workOnItems({ ...lane, show: (what) => show(run, 'running', what), isFull: () => false })
}

async function lane({ flowId, executionId, flowName, wakers }: FlowRun, number: number): Promise<void> {
  const child = await startChild(workflowTypes.flowLane, {
    workflowId: workflowIds.lane(flowId, executionId, number),
    args: [{ flowId, executionId, lane: number }],
    parentClosePolicy: ParentClosePolicy.REQUEST_CANCEL,
    cancellationType: ChildWorkflowCancellationType.WAIT_CANCELLATION_COMPLETED,
    staticSummary: `Lane ${number} of flow ${flowName}`.slice(0, 190),
    typedSearchAttributes: [
      { key: searchAttributes.opKind, value: 'flow-lane' },
      { key: searchAttributes.flowId, value: flowId },
      { key: searchAttributes.executionId, value: executionId },
    ],
  })
  // One that has ended needs no wake.
  wakers.push(() => void child.signal(signals.wake).catch(() => undefined))
  await child.result()
}
