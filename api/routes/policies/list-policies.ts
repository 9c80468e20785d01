import { listPolicies as readPolicies } from '../../../drizzle/queries/policies.js'
import { listPolicies } from '../../contract/policies.js'
import { route } from '../../route.js'
import { toPolicyViews } from '../../views/policy.js'

export const listPoliciesRoute = route(listPolicies, async ({ context, query }) => {
  const { rows, ...page } = await readPolicies(context.db, query)
  return { status: 200, body: { policies: await toPolicyViews(context.db, rows), ...page } }
})
