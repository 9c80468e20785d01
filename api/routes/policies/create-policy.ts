import { insertPolicy } from '../../../drizzle/queries/policies.js'
import { createPolicy } from '../../contract/policies.js'
import { route } from '../../route.js'
import { findPolicy } from './find-policy.js'
import { namedOnce, refuseUnknownCopies } from './policy-refusals.js'

export const createPolicyRoute = route(createPolicy, async ({ context, body, caller }) => {
  await refuseUnknownCopies(context.db, body.copy_rules)
  const now = new Date().toISOString()
  const created = { created_by: caller.user.username, created_at: now, updated_at: now }
  const id = await namedOnce(body.name, () => insertPolicy(context.db, { ...body, ...created }))
  context.hub.publish('policies', { id: String(id) })
  return { status: 201, body: await findPolicy(context.db, id), subject: String(id) }
})
