import { listGroups as readGroups } from '../../../drizzle/queries/vm-groups.js'
import { listGroups } from '../../contract/machine-groups.js'
import { route } from '../../route.js'
import { toGroupViews } from '../../views/group.js'

export const listGroupsRoute = route(listGroups, async ({ context, query }) => {
  const { rows, ...page } = await readGroups(context.db, query)
  return { status: 200, body: { groups: await toGroupViews(context.db, rows), ...page } }
})
