import { cronInWords } from '../../domain/rules/cron-in-words.js'
import { nextExecutionTime } from '../../domain/rules/next-execution.js'
import type { Schedule } from '../../domain/schedule.js'
import type { Db } from '../../drizzle/open.js'
import { flowsPerSchedule } from '../../drizzle/queries/live-flows.js'
import type { ScheduleView } from '../contract/schedules.js'

/** Schedules with how many live flows share them; one statement, however many schedules. */
export async function toScheduleViews(db: Db, schedules: readonly Schedule[]): Promise<ScheduleView[]> {
  const flows = await flowsPerSchedule(
    db,
    schedules.map((schedule) => schedule.id),
  )
  return schedules.map((schedule) => withCount(schedule, flows))
}

export const scheduleView = async (db: Db, schedule: Schedule): Promise<ScheduleView> =>
  withCount(schedule, await flowsPerSchedule(db, [schedule.id]))

/** What a schedule rings is its own, whatever the windows of the flows that share it. */
const ringing = { enabled: true, deleted_at: null, window_start: null, window_end: null } as const

const withCount = (schedule: Schedule, flows: ReadonlyMap<string, number>): ScheduleView => ({
  ...schedule,
  flows: flows.get(schedule.id) ?? 0,
  next_run: nextExecutionTime(ringing, { ...schedule, enabled: true }, new Date()),
  in_words: cronInWords(schedule.cron_expression),
})
