import { getGroup } from '../../contract/machine-groups.js'
import { route } from '../../route.js'
import { groupView } from '../../views/group.js'
import { findGroup } from './find-group.js'

export const getGroupRoute = route(getGroup, async ({ context, params }) => ({
  status: 200,
  body: await groupView(context.db, await findGroup(context.db, params.id)),
}))
