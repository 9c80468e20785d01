import type { z } from 'zod'
import { reachesWindow } from '../../../domain/rules/backup-window.js'
import { parseCron } from '../../../domain/rules/cron.js'
import { nameList } from '../../../domain/rules/name-list.js'
import type { Schedule } from '../../../domain/schedule.js'
import { changeSchedule } from '../../../drizzle/queries/schedule-changes.js'
import type { SharingFlow } from '../../../drizzle/queries/schedule-changes.js'
import type { ScheduleChange } from '../../contract/schedules.js'
import { updateSchedule } from '../../contract/schedules.js'
import { notFound, unprocessable } from '../../problem.js'
import { route } from '../../route.js'
import { syncFlows } from '../../sync-flow.js'
import { unlessTaken } from '../../taken-name.js'
import { scheduleView } from '../../views/schedule.js'
import { checkTiming } from './check-timing.js'

export const updateScheduleRoute = route(updateSchedule, async ({ context, params, body }) => {
  const now = new Date()
  const merge = (before: Schedule, flows: readonly SharingFlow[]): Schedule => {
    const after = merged(before, body, now)
    if (after.cron_expression !== before.cron_expression) refuseShutOut(after, flows)
    return after
  }
  const changed = await unlessTaken('schedule', body.name, () =>
    changeSchedule(context.db, params.id, merge, now),
  )
  if (changed === undefined) throw notFound('schedule', params.id)
  context.hub.publish('schedules', { id: params.id })
  // Flows show the name of their schedule, and when they run next.
  context.hub.publish('flows', { id: null })
  await syncFlows(context, changed.flowIds)
  return { status: 200, body: await scheduleView(context.db, changed.schedule) }
})

/** As for one flow that is given a schedule: throws 422 where none of its due times falls into a flow's window. */
function refuseShutOut({ cron_expression: expression }: Schedule, flows: readonly SharingFlow[]): void {
  const { cron } = parseCron(expression)
  if (cron === null) return
  const shutOut = flows.filter((flow) => !reachesWindow(cron, flow)).map(({ name }) => name)
  if (shutOut.length === 0) return
  throw unprocessable(
    'cron_expression',
    `has no due time in the window of ${nameList(shutOut)}: ${shutOut.length === 1 ? 'it' : 'they'} would never run`,
    'Widen the windows first, or choose other times.',
  )
}

/** Throws 422 when what is given and what stands do not go together. */
function merged(before: Schedule, given: z.output<typeof ScheduleChange>, now: Date): Schedule {
  const change = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined))
  const after: Schedule = { ...before, ...change, updated_at: now.toISOString() }
  return { ...after, timezone: checkTiming(after, now).timezone }
}
