import type { Flow } from '../flow.js'
import type { Schedule } from '../schedule.js'
import { parseCron } from './cron.js'
import { nextDue } from './due-times.js'

/** When a flow's schedule rings next, jitter apart; null where nothing will ring. */
export function nextExecutionTime(
  flow: Pick<Flow, 'enabled' | 'deleted_at'>,
  schedule: Pick<Schedule, 'cron_expression' | 'timezone' | 'enabled'> | null,
  now: Date,
): string | null {
  if (!flow.enabled || flow.deleted_at !== null || schedule?.enabled !== true) return null
  const { cron } = parseCron(schedule.cron_expression)
  return cron === null ? null : (nextDue(cron, schedule.timezone, now)?.toISOString() ?? null)
}
