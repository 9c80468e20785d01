import type { ApiContext } from '../../context.js'
import { syncFlows } from '../../sync-flow.js'

/** Lets Temporal's schedule and the pages follow a change that stands. */
export async function tellOfChange(
  context: ApiContext,
  flowId: string,
  { changed, mustSync }: { readonly changed: boolean; readonly mustSync: boolean },
): Promise<void> {
  if (mustSync) await syncFlows(context, [flowId])
  if (changed) context.hub.publish('flows', { id: flowId })
}
