import type { Db } from '../../../drizzle/open.js'
import { relatedFlowById } from '../../../drizzle/queries/flow-lists.js'
import type { RelatedFlow } from '../../../drizzle/queries/flow-lists.js'
import { notFound } from '../../problem.js'

/** A flow that is not deleted. Throws 404. */
export async function findFlow(db: Db, id: string): Promise<RelatedFlow> {
  const flow = await relatedFlowById(db, id)
  if (flow === undefined) throw notFound('flow', id)
  return flow
}
