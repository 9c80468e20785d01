import { readAllPaused } from '../../../drizzle/queries/all-paused.js'
import { flowNumbers } from '../../../drizzle/queries/flow-summary.js'
import { getFlowSummary } from '../../contract/protection-flows.js'
import { route } from '../../route.js'

export const getFlowSummaryRoute = route(getFlowSummary, async ({ context: { db } }) => {
  const today = new Date()
  today.setUTCHours(0, 0, 0, 0)
  const [numbers, all_paused] = await Promise.all([flowNumbers(db, today), readAllPaused(db)])
  return { status: 200, body: { ...numbers, all_paused } }
})
