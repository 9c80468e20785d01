import { WorkflowUpdateRPCTimeoutOrCancelledError } from '@temporalio/client'
import type { Execution } from '../../../domain/execution.js'
import { stageOfExecution } from '../../../domain/rules/execution-actions.js'
import { retryOf, unfinishedItems } from '../../../drizzle/queries/execution-lists.js'
import { cancelQueuedExecution } from '../../../drizzle/queries/execution-starts.js'
import { flowUpdates } from '../../../workflows/messages.js'
import type { ApiContext } from '../../context.js'
import { cancelExecution, pauseExecution, resumeExecution } from '../../contract/executions.js'
import { ApiProblem, serviceUnavailable } from '../../problem.js'
import { route } from '../../route.js'
import { toExecutionResponse } from '../../views/execution.js'
import { findExecution } from './find-execution.js'
import { refuseUnlessAllowed } from './refused-action.js'

type FlowAction = keyof typeof flowUpdates

/** After that the answer is 202 all the same: what was taken is durable. */
const settledWithinMs = 10_000

export const pauseExecutionRoute = route(pauseExecution, ({ context, params }) =>
  changed(context, params.id, 'pause'),
)

export const resumeExecutionRoute = route(resumeExecution, ({ context, params }) =>
  changed(context, params.id, 'resume'),
)

export const cancelExecutionRoute = route(cancelExecution, async ({ context, params, caller }) => {
  const { execution } = await findExecution(context.db, params.id)
  const reason = `It was cancelled by ${caller.user.username} before it began`
  const isQueued =
    execution.status === 'pending' && (await cancelQueuedExecution(context.db, execution, reason))
  if (!isQueued) return changed(context, params.id, 'cancel')
  context.hub.watchExecution(execution.id)
  context.hub.publish('flows', { id: execution.flow_id })
  return { status: 202, body: toExecutionResponse(await findExecution(context.db, execution.id)) }
})

async function changed(context: ApiContext, id: string, action: FlowAction) {
  const { execution } = await findExecution(context.db, id)
  await refuseByRow(context, execution, action)
  await askRun(context, execution, action, settledWithinMs)
  context.hub.watchExecution(id)
  return { status: 202, body: toExecutionResponse(await findExecution(context.db, id)) } as const
}

/** What has begun and not ended is judged by the run itself, which knows what it was asked a moment ago. */
async function refuseByRow(context: ApiContext, execution: Execution, action: FlowAction): Promise<void> {
  const { id, status } = execution
  if (status === 'running' || status === 'paused') return
  const [unfinished, retry] =
    status === 'pending'
      ? [0, null]
      : await Promise.all([unfinishedItems(context.db, id), retryOf(context.db, id)])
  refuseUnlessAllowed(execution, stageOfExecution({ status, unfinished, retry }), action)
}

/**
 * Asks the run of an execution by its Update, and waits so long for its end. Throws 409 in the run's own words where its
 * state does not allow it, or where no run is there.
 */
export async function askRun(
  context: ApiContext,
  execution: Pick<Execution, 'id' | 'workflow_id'>,
  action: FlowAction,
  waitMs: number,
): Promise<void> {
  const taken = await take(context, execution, action)
  await context.temporal
    .withDeadline(Date.now() + waitMs, () => taken.result())
    .catch((error: unknown) => {
      if (!(error instanceof WorkflowUpdateRPCTimeoutOrCancelledError)) throw error
    })
}

const take = (
  context: ApiContext,
  { id, workflow_id }: Pick<Execution, 'id' | 'workflow_id'>,
  action: FlowAction,
) =>
  context.temporal
    .withDeadline(Date.now() + context.waits.updateMs, () =>
      context.temporal.workflow
        .getHandle(workflow_id)
        .startUpdate<void, [string]>(flowUpdates[action], { args: [id], waitForStage: 'ACCEPTED' }),
    )
    .catch((error: unknown) => {
      if (error instanceof WorkflowUpdateRPCTimeoutOrCancelledError)
        throw serviceUnavailable(
          `No worker took the ${action} in time`,
          'Check that the workers run; look at the status before you ask again, it may be taken yet.',
        )
      if (error instanceof Error && error.name === 'WorkflowNotFoundError')
        throw new ApiProblem(409, 'conflict', `${id} has no running workflow any more`, {
          remedy: 'Wait a moment: what it left is being cleaned up, and its status will say so.',
        })
      throw error
    })
