import { getPolicy } from '../../contract/policies.js'
import { route } from '../../route.js'
import { findPolicy } from './find-policy.js'

export const getPolicyRoute = route(getPolicy, async ({ context, params }) => ({
  status: 200,
  body: await findPolicy(context.db, params.id),
}))
