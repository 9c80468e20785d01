import { updateGroup as writeGroup } from '../../../drizzle/queries/vm-groups.js'
import { updateGroup } from '../../contract/machine-groups.js'
import { notFound } from '../../problem.js'
import { route } from '../../route.js'
import { unlessTaken } from '../../taken-name.js'
import { groupView } from '../../views/group.js'
import { checkRules } from './check-rules.js'
import { findGroup } from './find-group.js'

export const updateGroupRoute = route(updateGroup, async ({ context, params, body }) => {
  const before = await findGroup(context.db, params.id)
  await checkRules(context.db, body.rules, before.rules)
  const now = new Date().toISOString()
  const written = await unlessTaken('group', body.name, () => writeGroup(context.db, params.id, body, now))
  if (!written) throw notFound('group', params.id)
  context.hub.publish('machine-groups', { id: params.id })
  // Flows show the name of what they protect.
  if (body.name !== undefined) context.hub.publish('flows', { id: null })
  return { status: 200, body: await groupView(context.db, await findGroup(context.db, params.id)) }
})
