import { listContexts } from '../../../drizzle/queries/vm-contexts.js'
import { listVmContexts } from '../../contract/vm-contexts.js'
import { route } from '../../route.js'
import { toVmContextViews } from '../../views/vm-context.js'

export const listVmContextsRoute = route(listVmContexts, async ({ context, query }) => {
  const { limit, cursor, ...filter } = query
  const { rows, ...page } = await listContexts(context.db, filter, { limit, cursor })
  return { status: 200, body: { vm_contexts: await toVmContextViews(context.db, rows), ...page } }
})
