import { matchingVms } from '../../../drizzle/queries/targets.js'
import { previewGroup, previewSavedGroup } from '../../contract/machine-groups.js'
import { route } from '../../route.js'
import { toGroupPreview } from '../../views/group.js'
import { findGroup } from './find-group.js'

export const previewGroupRoute = route(previewGroup, async ({ context, body }) => {
  if (body.group_id !== null) await findGroup(context.db, body.group_id)
  return { status: 200, body: toGroupPreview(await matchingVms(context.db, body.rules, body.group_id)) }
})

export const previewSavedGroupRoute = route(previewSavedGroup, async ({ context, params }) => {
  const group = await findGroup(context.db, params.id)
  return { status: 200, body: toGroupPreview(await matchingVms(context.db, group.rules, group.id)) }
})
