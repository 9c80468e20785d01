import type { Execution } from '../../../domain/execution.js'
import type { Flow } from '../../../domain/flow.js'
import { windowAt, windowReason } from '../../../domain/rules/window.js'
import type { Db } from '../../../drizzle/open.js'
import type { FlowExecution } from '../../../drizzle/queries/execution-changes.js'
import { scheduleById } from '../../../drizzle/queries/schedules.js'
import type { ExecutionClock } from '../../execution-steps.js'
import type { ControlSteps } from '../../steps.js'
import type { ExecutionDependencies } from './claim-execution.js'
import { executionAndFlow } from './plan-execution.js'

/** Safe to run twice: only reads. By the flow's settings as they are now. */
export const lookAtClock =
  ({ db, now }: Pick<ExecutionDependencies, 'db' | 'now'>): ControlSteps['lookAtClock'] =>
  async ({ executionId }) => {
    return await clockOf(db, await executionAndFlow(db, executionId), now())
  }

/** What the clock says of an execution that runs. */
export async function clockOf(db: Db, { execution, flow }: FlowExecution, at: Date): Promise<ExecutionClock> {
  const over = overAt(execution, flow)
  if (over !== null && over <= at) return { isOver: true, closed: null, lookAt: null }
  const { closed, changesAt } = await windowOf(db, execution, flow, at)
  const looks = [over, changesAt].filter((look) => look !== null).map((look) => look.getTime())
  return {
    isOver: false,
    closed,
    lookAt: looks.length === 0 ? null : new Date(Math.min(...looks)).toISOString(),
  }
}

/** When the longest time of a run is over; null where it has no bound. */
function overAt(execution: Execution, flow: Flow): Date | null {
  if (flow.max_run_minutes === null || execution.started_at === null) return null
  return new Date(Date.parse(execution.started_at) + flow.max_run_minutes * 60_000)
}

async function windowOf(
  db: Db,
  execution: Execution,
  flow: Flow,
  at: Date,
): Promise<{ readonly closed: string | null; readonly changesAt: Date | null }> {
  // Somebody who asks for a run now wants it now.
  if (execution.execution_type !== 'scheduled' || flow.window_start === null)
    return { closed: null, changesAt: null }
  const schedule = flow.schedule_id === null ? undefined : await scheduleById(db, flow.schedule_id)
  const { window_start, window_end } = flow
  const hours = { window_start, window_end, timezone: schedule?.timezone ?? 'UTC' }
  const { isOpen, changesAt } = windowAt(hours, at)
  return { closed: isOpen ? null : windowReason(hours, changesAt), changesAt }
}
