import { setTimeout as sleep } from 'node:timers/promises'
import type { Flow } from '../../../domain/flow.js'
import type { RunFlowInput } from '../../../domain/operations.js'
import { workflowIds, workflowTypes } from '../../../domain/rules/names.js'
import { beginExecution as insertUnlessOpen } from '../../../drizzle/queries/execution-starts.js'
import { deletePendingExecution, executionById } from '../../../drizzle/queries/executions.js'
import type { NewExecution } from '../../../drizzle/queries/executions.js'
import { searchAttributes } from '../../../workflows/messages.js'
import type { ApiContext } from '../../context.js'
import { flowBusy, notFound } from '../../problem.js'
import type { Caller } from '../../route.js'
import { isAlreadyStarted, openRunOf, startWorkflow } from '../../workflow-calls.js'
import { alreadyRetried } from './refused-action.js'

/** A run records its execution's end as its last step; between that and its own end lie moments. */
const closesWithinMs = 5000
const lookEveryMs = 100

const wait = 'Wait until it ends, or cancel it.'

export type WantedExecution = Pick<NewExecution, 'id' | 'flow_id' | 'backup_type'> &
  Partial<Pick<NewExecution, 'retry_of'>>

/**
 * Inserts the row, then starts the workflow whose id is the flow's lock; a refused start takes its row back. Throws 404,
 * or 409 with the open execution's id.
 */
export async function beginExecution(
  context: ApiContext,
  caller: Caller,
  wanted: WantedExecution,
): Promise<void> {
  const { db } = context
  const begun = await insertUnlessOpen(db, {
    ...wanted,
    execution_type: caller.via === 'cookie' ? 'manual' : 'api',
    workflow_id: workflowIds.flow(wanted.flow_id),
    triggered_by: caller.user.username,
    created_at: new Date().toISOString(),
  })
  if (begun.kind === 'no-flow') throw notFound('flow', wanted.flow_id)
  if (begun.kind === 'retried') throw alreadyRetried(wanted.retry_of ?? '', begun.retry)
  if (begun.kind === 'busy') throw flowBusy(begun.flow.name, begun.executionId, wait)
  try {
    await startRun(context, begun.flow, wanted)
  } catch (error) {
    // Where a run has claimed it all the same, it is on its way: only the answer to the start was lost.
    const isGone = await deletePendingExecution(db, wanted.id)
    if (!isGone && (await executionById(db, wanted.id)) !== undefined) return
    throw error
  }
  context.hub.watchExecution(wanted.id)
  context.hub.publish('flows', { id: wanted.flow_id })
}

async function startRun(context: ApiContext, flow: Flow, wanted: WantedExecution): Promise<void> {
  const deadline = performance.now() + closesWithinMs
  for (;;) {
    try {
      return void (await startOnce(context, flow, wanted))
    } catch (error) {
      if (!isAlreadyStarted(error)) throw error
    }
    // No other execution is open: this run works for ours, or for one that has ended, and closes in a moment.
    const run = await openRunOf(context.temporal, workflowIds.flow(flow.id))
    if (run?.executionId === wanted.id) return
    if (performance.now() > deadline) throw flowBusy(flow.name, run?.executionId ?? wanted.id, wait)
    await sleep(lookEveryMs)
  }
}

const startOnce = (context: ApiContext, flow: Flow, wanted: WantedExecution): Promise<unknown> =>
  startWorkflow(context.temporal, {
    type: workflowTypes.runFlow,
    workflowId: workflowIds.flow(flow.id),
    input: { flowId: flow.id, executionId: wanted.id } satisfies RunFlowInput,
    summary: `${wanted.retry_of == null ? 'Run' : 'Retry what failed of'} flow ${flow.name} (${wanted.backup_type})`,
    opKind: 'flow',
    attributes: [
      { key: searchAttributes.flowId, value: flow.id },
      { key: searchAttributes.executionId, value: wanted.id },
    ],
    whenRunning: 'fail',
  })
