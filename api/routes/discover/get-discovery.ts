import type { DiscoverResult } from '../../../domain/operations.js'
import { workflowIds } from '../../../domain/rules/names.js'
import { discoveryResult } from '../../../drizzle/queries/discovered-vms.js'
import { getDiscovery } from '../../contract/discover.js'
import { ApiProblem, notFound } from '../../problem.js'
import { route } from '../../route.js'
import { soon } from '../../workflow-calls.js'

export const getDiscoveryRoute = route(getDiscovery, async ({ context, params }) => {
  const { request_id: requestId } = params
  const handle = context.temporal.workflow.getHandle(workflowIds.discover(requestId))
  const described = await soon(context.temporal, () => handle.describe()).catch((error: unknown) => {
    if (error instanceof Error && error.name === 'WorkflowNotFoundError')
      throw notFound('discovery', requestId)
    throw error
  })
  if (described.status.name === 'RUNNING')
    return { status: 202, body: { request_id: requestId, status: 'running' } }
  // Throws the workflow's own failure, which becomes the same problem that a waiting request would have got.
  const { found } = (await soon(context.temporal, () => handle.result())) as DiscoverResult
  const vms = await discoveryResult(context.db, requestId)
  if (vms.length < found) throw forgotten(requestId)
  return { status: 200, body: { request_id: requestId, vms, total: vms.length } }
})

const forgotten = (requestId: string): ApiProblem =>
  new ApiProblem(404, 'not-found', `What discovery ${requestId} found is kept for a day and is gone`, {
    facts: { id: requestId },
    remedy: 'Discover the platform again.',
  })
