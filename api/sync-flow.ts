import type { FlowSyncInput } from '../domain/operations.js'
import { queues, workflowIds, workflowTypes } from '../domain/rules/names.js'
import { searchAttributes, signals } from '../workflows/messages.js'
import type { ApiContext } from './context.js'
import { safeError } from './log.js'
import { soon } from './workflow-calls.js'

const atOnce = 25

/**
 * Lets Temporal's schedules follow the rows of these flows. The rows are what counts: where Temporal is away the change
 * stands, and `reconcile` brings it there later.
 */
export async function syncFlows(
  { temporal, log }: Pick<ApiContext, 'temporal' | 'log'>,
  flowIds: readonly string[],
): Promise<void> {
  for (let from = 0; from < flowIds.length; from += atOnce) {
    const batch = flowIds.slice(from, from + atOnce)
    const outcomes = await Promise.allSettled(batch.map((flowId) => syncFlow(temporal, flowId)))
    const failed = outcomes.filter((outcome) => outcome.status === 'rejected')
    if (failed.length === 0) continue
    log.warn(
      { flow_ids: batch, failed: failed.length, ...safeError(failed[0]?.reason) },
      'schedules follow later: Temporal is away',
    )
    // Each batch waits its time: nobody's request hangs for hundreds of flows that all fail alike.
    if (failed.length === batch.length) return
  }
}

const syncFlow = (temporal: ApiContext['temporal'], flowId: string): Promise<unknown> =>
  soon(temporal, () =>
    temporal.workflow.signalWithStart(workflowTypes.flowSync, {
      workflowId: workflowIds.flowSync(flowId),
      taskQueue: queues.control,
      args: [{ flowId } satisfies FlowSyncInput],
      signal: signals.wake,
      signalArgs: [],
      staticSummary: `Let Temporal's schedule follow flow ${flowId}`.slice(0, 190),
      typedSearchAttributes: [
        { key: searchAttributes.flowId, value: flowId },
        { key: searchAttributes.opKind, value: 'flow-sync' },
      ],
    }),
  )
