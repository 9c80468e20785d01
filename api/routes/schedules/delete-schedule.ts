import { deleteSchedule as removeSchedule } from '../../../drizzle/queries/schedule-changes.js'
import { deleteSchedule } from '../../contract/schedules.js'
import { inUse } from '../../in-use.js'
import { notFound } from '../../problem.js'
import { route } from '../../route.js'
import { findSchedule } from './find-schedule.js'

export const deleteScheduleRoute = route(deleteSchedule, async ({ context, params }) => {
  const schedule = await findSchedule(context.db, params.id)
  const outcome = await removeSchedule(context.db, schedule.id)
  if (outcome === 'not-found') throw notFound('schedule', schedule.id)
  if (outcome !== 'deleted') throw inUse('Schedule', schedule.name, outcome.flows)
  context.hub.publish('schedules', { id: schedule.id })
  return { status: 204, body: null }
})
