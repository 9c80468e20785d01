import { and, asc, eq, gt, isNull, lt, or } from 'drizzle-orm'
import type { Flow } from '../../domain/flow.js'
import type { Schedule } from '../../domain/schedule.js'
import { matched } from '../open.js'
import type { Db } from '../open.js'
import { protectionFlows } from '../schema/protection-flows.js'
import { replicationSchedules } from '../schema/replication-schedules.js'

/** A flow and the schedule that it has; deleted flows, too. */
export interface ScheduledFlow {
  readonly flow: Flow
  readonly schedule: Schedule | null
}

type Row = {
  readonly flow: typeof protectionFlows.$inferSelect
  readonly schedule: Schedule | null
}
const asScheduled = ({ flow: { live_name: _, ...flow }, schedule }: Row): ScheduledFlow => ({
  flow,
  schedule,
})

const joined = (db: Db) =>
  db
    .select({ flow: protectionFlows, schedule: replicationSchedules })
    .from(protectionFlows)
    .leftJoin(replicationSchedules, eq(replicationSchedules.id, protectionFlows.schedule_id))

export const scheduledFlowById = async (db: Db, id: string): Promise<ScheduledFlow | undefined> => {
  const [row] = await joined(db).where(eq(protectionFlows.id, id))
  return row && asScheduled(row)
}

/** A page of the flows that Temporal must follow: those that live, and deleted ones that it does not know to be so. */
export const scheduledFlowsAfter = async (db: Db, id: string, limit: number): Promise<ScheduledFlow[]> => {
  const toFollow = or(
    isNull(protectionFlows.deleted_at),
    lt(protectionFlows.synced_version, protectionFlows.version),
  )
  const rows = await joined(db)
    .where(and(gt(protectionFlows.id, id), toFollow))
    .orderBy(asc(protectionFlows.id))
    .limit(limit)
  return rows.map(asScheduled)
}

/** Temporal follows this version; false where the row has moved on meanwhile, and must be looked at again. */
export const markSynced = async (db: Db, flow: Pick<Flow, 'id' | 'version'>): Promise<boolean> =>
  matched(
    await db
      .update(protectionFlows)
      .set({ synced_version: flow.version, sync_error: null })
      .where(and(eq(protectionFlows.id, flow.id), eq(protectionFlows.version, flow.version))),
  ) === 1

/** Why Temporal does not follow this version; one that came later is left alone. */
export const writeSyncError = async (
  db: Db,
  flow: Pick<Flow, 'id' | 'version'>,
  sentence: string,
): Promise<void> => {
  await db
    .update(protectionFlows)
    .set({ sync_error: sentence })
    .where(and(eq(protectionFlows.id, flow.id), eq(protectionFlows.version, flow.version)))
}

/** Puts a stale time right, unless the flow has changed since it was read. */
export const refreshNextExecution = async (
  db: Db,
  flow: Pick<Flow, 'id' | 'version'>,
  next: string | null,
): Promise<void> => {
  await db
    .update(protectionFlows)
    .set({ next_execution_time: next })
    .where(and(eq(protectionFlows.id, flow.id), eq(protectionFlows.version, flow.version)))
}
