import { deleteMember } from '../../../drizzle/queries/group-members.js'
import { removeGroupMember } from '../../contract/machine-groups.js'
import { notFound } from '../../problem.js'
import { route } from '../../route.js'

export const removeGroupMemberRoute = route(removeGroupMember, async ({ context, params }) => {
  const { id, vm_context_id: contextId } = params
  if (!(await deleteMember(context.db, id, contextId))) throw notFound(`member of the group ${id}`, contextId)
  context.hub.publish('machine-groups', { id })
  return { status: 204, body: null, facts: { vm_context_id: contextId } }
})
