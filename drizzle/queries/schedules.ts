import { eq } from 'drizzle-orm'
import type { Schedule } from '../../domain/schedule.js'
import type { Db } from '../open.js'
import { replicationSchedules } from '../schema/replication-schedules.js'
import { pageOf } from './paging.js'
import type { Page, Paged } from './paging.js'

/** Throws `isDuplicate` when the name is taken. */
export const insertSchedule = async (db: Db, schedule: Schedule): Promise<void> => {
  await db.insert(replicationSchedules).values(schedule)
}

export const scheduleById = async (db: Db, id: string): Promise<Schedule | undefined> => {
  const [row] = await db.select().from(replicationSchedules).where(eq(replicationSchedules.id, id))
  return row
}

export const listSchedules = (db: Db, page: Page): Promise<Paged<Schedule>> =>
  pageOf<Schedule>(db, {
    table: replicationSchedules,
    key: { createdAt: replicationSchedules.created_at, id: replicationSchedules.id },
    where: undefined,
    page,
    positionOf: (row) => [row.created_at, row.id],
    select: (where, orderBy, limit) =>
      db
        .select()
        .from(replicationSchedules)
        .where(where)
        .orderBy(...orderBy)
        .limit(limit),
  })
