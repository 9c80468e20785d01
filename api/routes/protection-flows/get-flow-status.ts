import { heldBy } from '../../../domain/rules/held-by.js'
import { nextRuns } from '../../../domain/rules/next-execution.js'
import { readAllPaused } from '../../../drizzle/queries/all-paused.js'
import { openExecutionsOf } from '../../../drizzle/queries/execution-lists.js'
import { getFlowStatus } from '../../contract/protection-flows.js'
import { route } from '../../route.js'
import { statusFieldsOf } from '../../views/flow.js'
import { currentOf } from '../../views/flow-details.js'
import { findFlow } from './find-flow.js'

const shownRuns = 10

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
      next_runs: nextRuns(flow, schedule && { ...schedule, cron_expression: schedule.cron }, now, shownRuns),
      held_by: heldBy({ flow, schedule, allPaused }, now),
    },
  }
})
