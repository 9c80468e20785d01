import { parseCron } from '../../../domain/rules/cron.js'
import type { Cron } from '../../../domain/rules/cron.js'
import { nextDue, timezoneProblem } from '../../../domain/rules/due-times.js'
import { timezoneName } from '../../../domain/rules/timezone-name.js'
import type { Schedule } from '../../../domain/schedule.js'
import { unprocessable } from '../../problem.js'

type Timing = Pick<Schedule, 'cron_expression' | 'timezone'>

/** Throws 422 for an expression or a zone that nobody can follow, and for one that never fires. */
export function checkTiming({ cron_expression, timezone }: Timing, now: Date): Timing & { cron: Cron } {
  const { cron, problem } = parseCron(cron_expression)
  if (cron === null) throw unprocessable('cron_expression', problem)
  const zoneProblem = timezoneProblem(timezone)
  if (zoneProblem !== null) throw unprocessable('timezone', zoneProblem)
  const zone = timezoneName(timezone)
  if (nextDue(cron, zone, now) === null)
    throw unprocessable('cron_expression', `never fires in ${zone} within the next 40 years`)
  return { cron_expression, timezone: zone, cron }
}
