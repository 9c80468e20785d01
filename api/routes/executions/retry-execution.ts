import { stageOfExecution } from '../../../domain/rules/execution-actions.js'
import { unfinishedItems } from '../../../drizzle/queries/execution-lists.js'
import { retryExecution } from '../../contract/executions.js'
import { route } from '../../route.js'
import { findExecution } from './find-execution.js'
import { refuseUnlessAllowed } from './refused-action.js'
import { startExecution } from './start-execution.js'

export const retryExecutionRoute = route(retryExecution, async (call) => {
  const { db } = call.context
  const { execution, flow_name } = await findExecution(db, call.params.id)
  const unfinished = await unfinishedItems(db, execution.id)
  // Whether it was retried already is looked at with the flow held, and not for the same Idempotency-Key.
  const stage = stageOfExecution({ status: execution.status, unfinished, retry: null })
  refuseUnlessAllowed(execution, stage, 'retry')
  return startExecution(
    call,
    { operation: 'retryExecution', asked: { execution: execution.id } },
    flow_name,
    { flow_id: execution.flow_id, backup_type: execution.backup_type, retry_of: execution.id },
  )
})
