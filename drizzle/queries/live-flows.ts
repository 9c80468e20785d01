import { and, count, eq, inArray, isNull } from 'drizzle-orm'
import type { SQL } from 'drizzle-orm'
import type { Db } from '../open.js'
import { protectionFlows } from '../schema/protection-flows.js'

const flows = protectionFlows
const isLive = isNull(flows.deleted_at)
const targetsGroup = (groupId: string): SQL | undefined =>
  and(eq(flows.target_type, 'group'), eq(flows.target_id, groupId))

const liveNames = async (db: Db, where: SQL | undefined): Promise<string[]> => {
  const rows = await db.select({ name: flows.name }).from(flows).where(and(isLive, where)).orderBy(flows.name)
  return rows.map((row) => row.name)
}

/** Names of the flows that are not deleted and protect this group; deleted ones hold nothing. */
export const flowsOfGroup = (db: Db, groupId: string): Promise<string[]> =>
  liveNames(db, targetsGroup(groupId))

export const flowsOfSchedule = (db: Db, scheduleId: string): Promise<string[]> =>
  liveNames(db, eq(flows.schedule_id, scheduleId))

export const flowsOfRepository = (db: Db, repositoryId: number): Promise<string[]> =>
  liveNames(db, eq(flows.repository_id, repositoryId))

/** Whether flows that were deleted still name it: their rows stay with their history. */
export const isInHistory = async (db: Db, repositoryId: number): Promise<boolean> => {
  const rows = await db
    .select({ id: flows.id })
    .from(flows)
    .where(eq(flows.repository_id, repositoryId))
    .limit(1)
  return rows.length > 0
}

/** How many live flows protect each of these groups; those without any are absent. */
export const flowsPerGroup = async (db: Db, groupIds: string[]): Promise<Map<string, number>> => {
  if (groupIds.length === 0) return new Map()
  const rows = await db
    .select({ id: flows.target_id, flows: count() })
    .from(flows)
    .where(and(isLive, eq(flows.target_type, 'group'), inArray(flows.target_id, groupIds)))
    .groupBy(flows.target_id)
  return new Map(rows.map((row) => [row.id, row.flows]))
}

/** The same for schedules. */
export const flowsPerSchedule = async (db: Db, scheduleIds: string[]): Promise<Map<string, number>> => {
  if (scheduleIds.length === 0) return new Map()
  const rows = await db
    .select({ id: flows.schedule_id, flows: count() })
    .from(flows)
    .where(and(isLive, inArray(flows.schedule_id, scheduleIds)))
    .groupBy(flows.schedule_id)
  return new Map(rows.map((row) => [row.id ?? '', row.flows]))
}
