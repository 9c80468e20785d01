import { listScheduleExecutions as readExecutions } from '../../../drizzle/queries/schedule-history.js'
import { listScheduleExecutions } from '../../contract/schedules.js'
import { route } from '../../route.js'
import { findSchedule } from './find-schedule.js'

export const listScheduleExecutionsRoute = route(
  listScheduleExecutions,
  async ({ context, params, query }) => {
    const { id } = await findSchedule(context.db, params.id)
    const { rows, ...page } = await readExecutions(context.db, id, query)
    return { status: 200, body: { schedule_executions: rows, ...page } }
  },
)
