import { namedMembersOf } from '../../../drizzle/queries/group-members.js'
import { listGroupMembers } from '../../contract/machine-groups.js'
import { route } from '../../route.js'
import { findGroup } from './find-group.js'

export const listGroupMembersRoute = route(listGroupMembers, async ({ context, params }) => {
  const { id } = await findGroup(context.db, params.id)
  const members = await namedMembersOf(context.db, id)
  return { status: 200, body: { members, total: members.length } }
})
