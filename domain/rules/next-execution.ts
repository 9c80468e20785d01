import type { Flow } from '../flow.js'
import type { Schedule } from '../schedule.js'
import { parseCron } from './cron.js'
import { dueInWindow } from './window-times.js'

type RingingFlow = Pick<Flow, 'enabled' | 'deleted_at' | 'window_start' | 'window_end'>
type Ringing = Pick<Schedule, 'cron_expression' | 'timezone' | 'enabled'> | null

/**
 * When a flow runs by its schedule, jitter apart: due times outside its window are left out, as ticks skip them. At most
 * so many; none where nothing will run.
 */
export function nextRuns(flow: RingingFlow, schedule: Ringing, now: Date, most: number): string[] {
  if (!flow.enabled || flow.deleted_at !== null || schedule?.enabled !== true) return []
  const { cron } = parseCron(schedule.cron_expression)
  if (cron === null) return []
  const hours = { ...flow, timezone: schedule.timezone }
  return dueInWindow(cron, hours, { after: now, most }).map((due) => due.toISOString())
}

/** The first of these; null where there is none. */
export const nextExecutionTime = (flow: RingingFlow, schedule: Ringing, now: Date): string | null =>
  nextRuns(flow, schedule, now, 1)[0] ?? null
