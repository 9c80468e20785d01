import { and, asc, eq, isNull, sql } from 'drizzle-orm'
import type { Flow } from '../../domain/flow.js'
import { nextExecutionTime } from '../../domain/rules/next-execution.js'
import type { Schedule } from '../../domain/schedule.js'
import { inTransaction } from '../open.js'
import type { Db } from '../open.js'
import { protectionFlows } from '../schema/protection-flows.js'
import { replicationSchedules } from '../schema/replication-schedules.js'
import { flowsOfSchedule } from './live-flows.js'

const flows = protectionFlows
const schedules = replicationSchedules

/** A live flow that shares a schedule. */
export type SharingFlow = Pick<Flow, 'id' | 'name' | 'window_start' | 'window_end'>

export interface ChangedSchedule {
  readonly schedule: Schedule
  /** Live flows whose schedule in Temporal must follow. */
  readonly flowIds: readonly string[]
}

/**
 * Changes a schedule and, where its times change, every live flow that shares it, in one transaction: `version` up,
 * `next_execution_time` anew, and with other due times `rung_until` = now, so that none of the new ones counts as missed.
 * `change` sees the flows that share it and says what the row shall be, or throws. Undefined: there is no such schedule. Throws `isDuplicate`.
 */
export const changeSchedule = (
  db: Db,
  id: string,
  change: (before: Schedule, flows: readonly SharingFlow[]) => Schedule,
  now: Date,
): Promise<ChangedSchedule | undefined> =>
  inTransaction(db, async (tx) => {
    // Flows before the schedule, as ticks lock them: the other way round they would meet in a deadlock.
    const flowsNow = await lockFlowsOf(tx, id)
    const before = await lockSchedule(tx, id)
    if (before === undefined) return undefined
    const schedule = change(before, flowsNow)
    await tx.update(schedules).set(schedule).where(eq(schedules.id, id))
    if (!ringsOtherwise(before, schedule) && before.jitter_seconds === schedule.jitter_seconds)
      return { schedule, flowIds: [] }
    return { schedule, flowIds: await retimeFlows(tx, before, schedule, now) }
  })

/** Removes a schedule; the names of the live flows that use it, where there are any, keep it. */
export const deleteSchedule = (
  db: Db,
  id: string,
): Promise<'deleted' | 'not-found' | { readonly flows: string[] }> =>
  inTransaction(db, async (tx) => {
    // Who gives a flow this schedule waits here, because its key is checked against the row.
    if ((await lockSchedule(tx, id)) === undefined) return 'not-found'
    const names = await flowsOfSchedule(tx, id)
    if (names.length > 0) return { flows: names }
    await tx.delete(schedules).where(eq(schedules.id, id))
    return 'deleted'
  })

const lockSchedule = async (tx: Db, id: string): Promise<Schedule | undefined> => {
  const [row] = await tx.select().from(schedules).where(eq(schedules.id, id)).for('update')
  return row
}

const isLiveFlowOf = (id: string) => and(eq(flows.schedule_id, id), isNull(flows.deleted_at))

const lockFlowsOf = (tx: Db, id: string): Promise<SharingFlow[]> =>
  tx
    .select({
      id: flows.id,
      name: flows.name,
      window_start: flows.window_start,
      window_end: flows.window_end,
    })
    .from(flows)
    .where(isLiveFlowOf(id))
    .orderBy(asc(flows.id))
    .for('update')

const ringsOtherwise = (before: Schedule, after: Schedule): boolean =>
  before.cron_expression !== after.cron_expression ||
  before.timezone !== after.timezone ||
  before.enabled !== after.enabled

async function retimeFlows(tx: Db, before: Schedule, after: Schedule, now: Date): Promise<string[]> {
  // Read again: a flow may have been given the schedule before its row was locked.
  const sharing = await lockFlowsOf(tx, after.id)
  for (const hours of windowsOf(sharing)) {
    const next = nextExecutionTime({ ...hours, enabled: true, deleted_at: null }, after, now)
    const nextOfEnabled = sql.param(next, flows.next_execution_time)
    await tx
      .update(flows)
      .set({
        version: sql`${flows.version} + 1`,
        next_execution_time: sql`if(${flows.enabled}, ${nextOfEnabled}, null)`,
        ...(ringsOtherwise(before, after) ? { rung_until: now.toISOString() } : {}),
      })
      .where(and(isLiveFlowOf(after.id), hasHours(hours)))
  }
  return sharing.map((flow) => flow.id)
}

type FlowHours = Pick<Flow, 'window_start' | 'window_end'>

/** Each window once: flows that share a schedule mostly share that, too, and one statement is enough for all of them. */
const windowsOf = (sharing: readonly FlowHours[]): FlowHours[] => [
  ...new Map(sharing.map((flow) => [`${flow.window_start} ${flow.window_end}`, flow])).values(),
]

const hasHours = ({ window_start: start, window_end: end }: FlowHours) =>
  sql`(${flows.window_start} <=> ${start} and ${flows.window_end} <=> ${end})`
