import { getSchedule } from '../../contract/schedules.js'
import { route } from '../../route.js'
import { scheduleView } from '../../views/schedule.js'
import { findSchedule } from './find-schedule.js'

export const getScheduleRoute = route(getSchedule, async ({ context, params }) => ({
  status: 200,
  body: await scheduleView(context.db, await findSchedule(context.db, params.id)),
}))
