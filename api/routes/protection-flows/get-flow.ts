import { getFlow } from '../../contract/protection-flows.js'
import { route } from '../../route.js'
import { toFlowDetails } from '../../views/flow-details.js'
import { findFlow } from './find-flow.js'

export const getFlowRoute = route(getFlow, async ({ context, params }) => ({
  status: 200,
  body: await toFlowDetails(context.db, await findFlow(context.db, params.id)),
}))
