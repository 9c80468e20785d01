import { nameList } from '../../../domain/rules/name-list.js'
import { inTransaction } from '../../../drizzle/open.js'
import { namedMembersOf, unknownContexts } from '../../../drizzle/queries/group-members.js'
import { lockGroup, putMembers } from '../../../drizzle/queries/vm-groups.js'
import { addGroupMembers } from '../../contract/machine-groups.js'
import { ApiProblem, notFound } from '../../problem.js'
import { route } from '../../route.js'

export const addGroupMembersRoute = route(addGroupMembers, async ({ context, params, body }) => {
  const { vm_context_ids, ...settings } = body
  const ids = [...new Set(vm_context_ids)]
  const now = new Date().toISOString()
  const members = await inTransaction(context.db, async (tx) => {
    if ((await lockGroup(tx, params.id)) === undefined) throw notFound('group', params.id)
    const unknown = await unknownContexts(tx, ids)
    if (unknown.length > 0) throw unknownVms(unknown)
    const membership = { group_id: params.id, ...settings, added_at: now }
    await putMembers(
      tx,
      ids.map((vm_context_id) => ({ ...membership, vm_context_id })),
    )
    return await namedMembersOf(tx, params.id)
  })
  context.hub.publish('machine-groups', { id: params.id })
  return { status: 200, body: { members, total: members.length }, facts: { vm_context_ids: ids } }
})

/** As many as a problem of the shape names. */
const shown = 50

const unknownVms = (ids: readonly string[]): ApiProblem =>
  new ApiProblem(404, 'not-found', `No VM was added: there is no VM with the id ${nameList(ids)}`, {
    errors: ids.slice(0, shown).map((id) => ({ path: 'body.vm_context_ids', message: `${id} is not known` })),
    remedy: 'Load the list of VMs again and choose from it.',
  })
