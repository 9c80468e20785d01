import { changeFlow } from '../../../drizzle/queries/flow-changes.js'
import type { ApiContext } from '../../context.js'
import { disableFlow, enableFlow } from '../../contract/protection-flows.js'
import { notFound } from '../../problem.js'
import { route } from '../../route.js'
import { toFlowResponse } from '../../views/flow.js'
import { findFlow } from './find-flow.js'
import { tellOfChanges } from './tell-of-change.js'
import type { FlowChanged } from './tell-of-change.js'

export const enableFlowRoute = route(enableFlow, async ({ context, params }) => {
  await tellOfChanges(context, [await switchFlow(context, params.id, true)])
  return { status: 200, body: toFlowResponse(await findFlow(context.db, params.id)) }
})

export const disableFlowRoute = route(disableFlow, async ({ context, params }) => {
  await tellOfChanges(context, [await switchFlow(context, params.id, false)])
  return { status: 200, body: toFlowResponse(await findFlow(context.db, params.id)) }
})

/** One that is so already stays as it is. Throws 404. */
export async function switchFlow(context: ApiContext, id: string, enabled: boolean): Promise<FlowChanged> {
  const outcome = await changeFlow(context.db, { id }, new Date(), () => Promise.resolve({ enabled }))
  if (outcome === null) throw notFound('flow', id)
  return { flowId: id, ...outcome }
}
