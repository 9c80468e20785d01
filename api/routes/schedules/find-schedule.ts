import type { Schedule } from '../../../domain/schedule.js'
import type { Db } from '../../../drizzle/open.js'
import { scheduleById } from '../../../drizzle/queries/schedules.js'
import { notFound } from '../../problem.js'

/** Throws 404. */
export async function findSchedule(db: Db, id: string): Promise<Schedule> {
  const schedule = await scheduleById(db, id)
  if (schedule === undefined) throw notFound('schedule', id)
  return schedule
}
