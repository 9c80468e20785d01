import type { Flow } from '../../../domain/flow.js'
import { heldBy } from '../../../domain/rules/held-by.js'
import { parseCron } from '../../../domain/rules/cron.js'
import { dueBetween } from '../../../domain/rules/due-times.js'
import { readAllPaused } from '../../../drizzle/queries/all-paused.js'
import { openExecutionsOf } from '../../../drizzle/queries/execution-lists.js'
import type { RelatedFlow } from '../../../drizzle/queries/flow-lists.js'
import { getFlowStatus } from '../../contract/protection-flows.js'
import { route } from '../../route.js'
import { statusFieldsOf } from '../../views/flow.js'
import { currentOf } from '../../views/flow-details.js'
import { findFlow } from './find-flow.js'

const shownRuns = 10
const yearMs = 366 * 24 * 3_600_000

export const getFlowStatusRoute = route(getFlowStatus, async ({ context: { db }, params }) => {
  const related = await findFlow(db, params.id)
  const { flow, schedule } = related
  const [open, allPaused] = await Promise.all([openExecutionsOf(db, flow.id), readAllPaused(db)])
  const current = currentOf(open)?.execution
  const now = new Date()
  return {
    status: 200,
    body: {
      ...statusFieldsOf(flow),
      enabled: flow.enabled,
      current_execution_id: current?.id ?? null,
      queued: open.filter(({ execution }) => execution.status === 'pending' && execution.id !== current?.id)
        .length,
      next_runs: nextRuns(flow, schedule, now),
      held_by: heldBy({ flow, schedule, allPaused }, now),
    },
  }
})

/** When its schedule rings, jitter apart; nothing while nothing will. */
export function nextRuns(flow: Flow, schedule: RelatedFlow['schedule'], now: Date): string[] {
  if (!flow.enabled || schedule?.enabled !== true) return []
  const { cron } = parseCron(schedule.cron)
  if (cron === null) return []
  const span = { after: now, until: new Date(now.getTime() + 5 * yearMs), most: shownRuns }
  return dueBetween(cron, schedule.timezone, span).map((due) => due.toISOString())
}
