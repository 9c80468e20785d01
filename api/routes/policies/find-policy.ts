import type { Db } from '../../../drizzle/open.js'
import { policyById } from '../../../drizzle/queries/policies.js'
import type { PolicyView } from '../../contract/policies.js'
import { notFound } from '../../problem.js'
import { toPolicyViews } from '../../views/policy.js'

/** Throws 404. */
export async function findPolicy(db: Db, id: number): Promise<PolicyView> {
  const policy = await policyById(db, id)
  const [view] = policy === undefined ? [] : await toPolicyViews(db, [policy])
  if (view === undefined) throw notFound('policy', id)
  return view
}
