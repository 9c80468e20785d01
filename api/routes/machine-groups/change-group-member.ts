import { namedMember, updateMember } from '../../../drizzle/queries/group-members.js'
import { changeGroupMember } from '../../contract/machine-groups.js'
import { notFound } from '../../problem.js'
import { route } from '../../route.js'

export const changeGroupMemberRoute = route(changeGroupMember, async ({ context, params, body }) => {
  const { id, vm_context_id: contextId } = params
  await updateMember(context.db, id, contextId, body)
  const member = await namedMember(context.db, id, contextId)
  if (member === undefined) throw notFound(`member of the group ${id}`, contextId)
  context.hub.publish('machine-groups', { id })
  return { status: 200, body: member, facts: { vm_context_id: contextId } }
})
