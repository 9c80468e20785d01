import type { ApiContext } from '../../context.js'
import { syncFlows } from '../../sync-flow.js'

/** What a change that stands has done to a flow. */
export interface FlowChanged {
  readonly flowId: string
  readonly changed: boolean
  readonly mustSync: boolean
}

/** Lets Temporal's schedules and the pages follow changes that stand. */
export async function tellOfChanges(context: ApiContext, changes: readonly FlowChanged[]): Promise<void> {
  for (const { flowId, changed } of changes) if (changed) context.hub.publish('flows', { id: flowId })
  await syncFlows(
    context,
    changes.filter(({ mustSync }) => mustSync).map(({ flowId }) => flowId),
  )
}
