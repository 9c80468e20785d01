import { updatePolicy as writePolicy } from '../../../drizzle/queries/policies.js'
import type { PolicyPatch } from '../../../drizzle/queries/policies.js'
import { updatePolicy } from '../../contract/policies.js'
import { notFound } from '../../problem.js'
import { route } from '../../route.js'
import { findPolicy } from './find-policy.js'
import { namedOnce, refuseUnknownCopies } from './policy-refusals.js'

export const updatePolicyRoute = route(updatePolicy, async ({ context, params, body }) => {
  const { name } = await findPolicy(context.db, params.id)
  await refuseUnknownCopies(context.db, body.copy_rules ?? [])
  const given = Object.entries(body).filter(([, value]) => value !== undefined)
  const patch = Object.fromEntries(given) as PolicyPatch
  const written = await namedOnce(body.name ?? name, () => writePolicy(context.db, params.id, patch))
  if (!written) throw notFound('policy', params.id)
  context.hub.publish('policies', { id: String(params.id) })
  // Flows show the name of their policy.
  if (body.name !== undefined) context.hub.publish('flows', { id: null })
  return { status: 200, body: await findPolicy(context.db, params.id) }
})
