import { eq } from 'drizzle-orm'
import type { Schedule } from '../../domain/schedule.js'
import type { Db } from '../open.js'
import { replicationSchedules } from '../schema/replication-schedules.js'

/** Throws `isDuplicate` when the name is taken. */
export const insertSchedule = async (db: Db, schedule: Schedule): Promise<void> => {
  await db.insert(replicationSchedules).values(schedule)
}

export const scheduleById = async (db: Db, id: string): Promise<Schedule | undefined> => {
  const [row] = await db.select().from(replicationSchedules).where(eq(replicationSchedules.id, id))
  return row
}
