import { listExecutions } from '../../../drizzle/queries/execution-lists.js'
import { listFlowExecutions } from '../../contract/protection-flows.js'
import { route } from '../../route.js'
import { toExecutionResponse } from '../../views/execution.js'
import { findFlow } from './find-flow.js'

export const listFlowExecutionsRoute = route(listFlowExecutions, async ({ context, params, query }) => {
  const { flow } = await findFlow(context.db, params.id)
  const { rows, ...page } = await listExecutions(context.db, { flow_id: flow.id }, query)
  return { status: 200, body: { executions: rows.map(toExecutionResponse), ...page } }
})
