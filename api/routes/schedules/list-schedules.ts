import { listSchedules as readSchedules } from '../../../drizzle/queries/schedules.js'
import { listSchedules } from '../../contract/schedules.js'
import { route } from '../../route.js'
import { toScheduleViews } from '../../views/schedule.js'

export const listSchedulesRoute = route(listSchedules, async ({ context, query }) => {
  const { rows, ...page } = await readSchedules(context.db, query)
  return { status: 200, body: { schedules: await toScheduleViews(context.db, rows), ...page } }
})
