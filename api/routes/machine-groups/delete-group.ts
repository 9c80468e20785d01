import { deleteGroup as removeGroup } from '../../../drizzle/queries/vm-groups.js'
import { deleteGroup } from '../../contract/machine-groups.js'
import { inUse } from '../../in-use.js'
import { notFound } from '../../problem.js'
import { route } from '../../route.js'
import { findGroup } from './find-group.js'

export const deleteGroupRoute = route(deleteGroup, async ({ context, params }) => {
  const group = await findGroup(context.db, params.id)
  const outcome = await removeGroup(context.db, group.id)
  if (outcome === 'not-found') throw notFound('group', group.id)
  if (outcome !== 'deleted') throw inUse('Group', group.name, outcome.flows)
  context.hub.publish('machine-groups', { id: group.id })
  return { status: 204, body: null }
})
