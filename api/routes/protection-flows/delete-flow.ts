import { changeFlow } from '../../../drizzle/queries/flow-changes.js'
import { openExecutionsOf } from '../../../drizzle/queries/execution-lists.js'
import type { ApiContext } from '../../context.js'
import { deleteFlow } from '../../contract/protection-flows.js'
import { flowBusy, notFound } from '../../problem.js'
import { route } from '../../route.js'
import { tellOfChanges } from './tell-of-change.js'
import type { FlowChanged } from './tell-of-change.js'

export const deleteFlowRoute = route(deleteFlow, async ({ context, params }) => {
  await tellOfChanges(context, [await removeFlow(context, params.id)])
  return { status: 204, body: null }
})

/** Its row and history stay, its name is free again. Throws 404, or 409 while an execution is open. */
export async function removeFlow(context: ApiContext, id: string): Promise<FlowChanged> {
  const now = new Date()
  const outcome = await changeFlow(context.db, { id }, now, async (tx, flow) => {
    const [open] = await openExecutionsOf(tx, id)
    if (open !== undefined) throw flowBusy(flow.name, open.execution.id, 'Wait until it ends, or cancel it.')
    return { deleted_at: now.toISOString() }
  })
  if (outcome === null) throw notFound('flow', id)
  return { flowId: id, ...outcome }
}
