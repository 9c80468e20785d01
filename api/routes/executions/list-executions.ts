import { listExecutions as readExecutions } from '../../../drizzle/queries/execution-lists.js'
import { listExecutions } from '../../contract/executions.js'
import { route } from '../../route.js'
import { toExecutionResponse } from '../../views/execution.js'

export const listExecutionsRoute = route(listExecutions, async ({ context, query }) => {
  const { limit, cursor, ...filter } = query
  const { rows, ...page } = await readExecutions(context.db, filter, { limit, cursor })
  return { status: 200, body: { executions: rows.map(toExecutionResponse), ...page } }
})
