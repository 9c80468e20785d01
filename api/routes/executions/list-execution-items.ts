import { itemsOf } from '../../../drizzle/queries/execution-lists.js'
import { listExecutionItems } from '../../contract/executions.js'
import { route } from '../../route.js'
import { findExecution } from './find-execution.js'

export const listExecutionItemsRoute = route(listExecutionItems, async ({ context, params, query }) => {
  const { execution } = await findExecution(context.db, params.id)
  return { status: 200, body: await itemsOf(context.db, execution.id, query) }
})
