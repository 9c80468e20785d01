import { readableId } from '../../../drizzle/queries/readable-id.js'
import { insertSchedule } from '../../../drizzle/queries/schedules.js'
import { createSchedule } from '../../contract/schedules.js'
import { route } from '../../route.js'
import { unlessTaken } from '../../taken-name.js'
import { scheduleView } from '../../views/schedule.js'
import { checkTiming } from './check-timing.js'

export const createScheduleRoute = route(createSchedule, async ({ context, body, caller }) => {
  const now = new Date()
  const { timezone } = checkTiming(body, now)
  const schedule = {
    ...body,
    timezone,
    id: readableId('sched', body.name),
    created_by: caller.user.username,
    created_at: now.toISOString(),
    updated_at: now.toISOString(),
  }
  await unlessTaken('schedule', schedule.name, () => insertSchedule(context.db, schedule))
  context.hub.publish('schedules', { id: schedule.id })
  return { status: 201, body: await scheduleView(context.db, schedule), subject: schedule.id }
})
