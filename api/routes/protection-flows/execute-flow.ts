import { executeFlow } from '../../contract/protection-flows.js'
import { route } from '../../route.js'
import { startExecution } from '../executions/start-execution.js'
import { findFlow } from './find-flow.js'

export const executeFlowRoute = route(executeFlow, async (call) => {
  const { context, params, body } = call
  const { flow } = await findFlow(context.db, params.id)
  return startExecution(call, { operation: 'executeFlow', asked: { flow: flow.id, ...body } }, flow.name, {
    flow_id: flow.id,
    backup_type: body.backup_type,
  })
})
