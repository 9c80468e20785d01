import { listFlows as readFlows } from '../../../drizzle/queries/flow-lists.js'
import { listFlows } from '../../contract/protection-flows.js'
import { route } from '../../route.js'
import { toFlowResponse } from '../../views/flow.js'

export const listFlowsRoute = route(listFlows, async ({ context, query }) => {
  const { limit, cursor, sort, order, ...filter } = query
  const { rows, ...page } = await readFlows(context.db, filter, { sort, order }, { limit, cursor })
  return { status: 200, body: { flows: rows.map(toFlowResponse), ...page } }
})
