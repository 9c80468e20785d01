import { readableId } from '../../../drizzle/queries/readable-id.js'
import { insertGroup } from '../../../drizzle/queries/vm-groups.js'
import { createGroup } from '../../contract/machine-groups.js'
import { route } from '../../route.js'
import { unlessTaken } from '../../taken-name.js'
import { checkRules } from './check-rules.js'

export const createGroupRoute = route(createGroup, async ({ context, body, caller }) => {
  await checkRules(context.db, body.rules, null)
  const now = new Date().toISOString()
  const group = {
    ...body,
    id: readableId('grp', body.name),
    created_by: caller.user.username,
    created_at: now,
    updated_at: now,
  }
  await unlessTaken('group', group.name, () => insertGroup(context.db, group))
  context.hub.publish('machine-groups', { id: group.id })
  return { status: 201, body: { ...group, members: 0, flows: 0 }, subject: group.id }
})
