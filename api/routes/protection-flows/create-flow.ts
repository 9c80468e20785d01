import { createFlow as insertChecked } from '../../../drizzle/queries/flow-changes.js'
import type { FlowDefinition } from '../../../drizzle/queries/flow-changes.js'
import { readableId } from '../../../drizzle/queries/readable-id.js'
import type { ApiContext } from '../../context.js'
import { createFlow } from '../../contract/protection-flows.js'
import { route } from '../../route.js'
import { syncFlows } from '../../sync-flow.js'
import { toFlowResponse } from '../../views/flow.js'
import { checkMeaning, checkReferences, nameTaken } from './check-flow.js'
import { findFlow } from './find-flow.js'

export const createFlowRoute = route(createFlow, async ({ context, body, caller }) =>
  makeFlow(context, body, caller.user.username),
)

/** Writes the flow, then tells Temporal's schedule. */
export async function makeFlow(context: ApiContext, definition: FlowDefinition, createdBy: string) {
  checkMeaning(definition)
  const id = readableId('flow', definition.name)
  await insertChecked(context.db, { ...definition, id, created_by: createdBy }, new Date(), (tx, schedule) =>
    checkReferences(tx, definition, schedule, () => true),
  ).catch((error: unknown) => {
    throw nameTaken(error, definition.name)
  })
  await syncFlows(context, [id])
  context.hub.publish('flows', { id })
  return {
    status: 201,
    body: toFlowResponse(await findFlow(context.db, id)),
    subject: id,
    headers: { location: `/api/v1/protection-flows/${id}` },
  } as const
}
