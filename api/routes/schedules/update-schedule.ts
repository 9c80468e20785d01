import type { z } from 'zod'
import type { Schedule } from '../../../domain/schedule.js'
import { changeSchedule } from '../../../drizzle/queries/schedule-changes.js'
import type { ScheduleChange } from '../../contract/schedules.js'
import { updateSchedule } from '../../contract/schedules.js'
import { notFound } from '../../problem.js'
import { route } from '../../route.js'
import { syncFlows } from '../../sync-flow.js'
import { unlessTaken } from '../../taken-name.js'
import { scheduleView } from '../../views/schedule.js'
import { checkTiming } from './check-timing.js'

export const updateScheduleRoute = route(updateSchedule, async ({ context, params, body }) => {
  const now = new Date()
  const merge = (before: Schedule): Schedule => merged(before, body, now)
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

/** Throws 422 when what is given and what stands do not go together. */
function merged(before: Schedule, given: z.output<typeof ScheduleChange>, now: Date): Schedule {
  const change = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined))
  const after: Schedule = { ...before, ...change, updated_at: now.toISOString() }
  return { ...after, timezone: checkTiming(after, now).timezone }
}
