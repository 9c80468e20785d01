import { deletePolicy as removePolicy } from '../../../drizzle/queries/policies.js'
import { deletePolicy } from '../../contract/policies.js'
import { ApiProblem, notFound } from '../../problem.js'
import { route } from '../../route.js'
import { findPolicy } from './find-policy.js'

const named = 5

export const deletePolicyRoute = route(deletePolicy, async ({ context, params }) => {
  const { name } = await findPolicy(context.db, params.id)
  const outcome = await removePolicy(context.db, params.id)
  if (outcome.kind === 'not-found') throw notFound('policy', params.id)
  if (outcome.kind === 'in-use') {
    const more = outcome.flows.length - named
    const flows = outcome.flows.slice(0, named).join(', ') + (more > 0 ? ` and ${more} more` : '')
    throw new ApiProblem(409, 'conflict', `Policy ${name} is used by ${flows}`, {
      remedy: 'Give those flows another policy first, or delete them.',
      facts: { flows: outcome.flows.length },
    })
  }
  context.hub.publish('policies', { id: String(params.id) })
  return { status: 204, body: null }
})
