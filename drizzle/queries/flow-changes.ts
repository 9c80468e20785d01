import { eq } from 'drizzle-orm'
import type { Flow, FlowSettings } from '../../domain/flow.js'
import { nextExecutionTime } from '../../domain/rules/next-execution.js'
import type { Schedule } from '../../domain/schedule.js'
import { inTransaction } from '../open.js'
import type { Db } from '../open.js'
import { protectionFlows } from '../schema/protection-flows.js'
import { replicationSchedules } from '../schema/replication-schedules.js'
import { vmGroups } from '../schema/vm-groups.js'
import { vmReplicationContexts } from '../schema/vm-replication-contexts.js'
import { insertFlow, lockFlow } from './flows.js'
import { scheduleById } from './schedules.js'
import type { Target } from './targets.js'

/** What an operator decides about a flow. */
export type FlowDefinition = FlowSettings &
  Pick<
    Flow,
    | 'name'
    | 'description'
    | 'flow_type'
    | 'target_type'
    | 'target_id'
    | 'repository_id'
    | 'policy_id'
    | 'destination_type'
    | 'destination_config'
    | 'schedule_id'
    | 'enabled'
  >

export type FlowPatch = Partial<FlowDefinition> & { readonly deleted_at?: string }

/** What Temporal's schedule is made of: a change of these must reach it. */
const followed = ['name', 'schedule_id', 'enabled', 'catchup_limit_minutes', 'deleted_at'] as const

/** Held to the transaction's end: the next due time that is written must be of the expression that stands. */
const lockSchedule = async (tx: Db, id: string | null): Promise<Schedule | null> => {
  if (id === null) return null
  const [row] = await tx
    .select()
    .from(replicationSchedules)
    .where(eq(replicationSchedules.id, id))
    .for('update')
  return row ?? null
}

const readSchedule = async (tx: Db, id: string | null): Promise<Schedule | null> =>
  id === null ? null : ((await scheduleById(tx, id)) ?? null)

/** `check` sees the transaction and may throw: then nothing has happened. Throws `isDuplicate` when the name is taken. */
export const createFlow = (
  db: Db,
  flow: FlowDefinition & Pick<Flow, 'id' | 'created_by'>,
  now: Date,
  check: (tx: Db, schedule: Schedule | null) => Promise<void>,
): Promise<void> =>
  inTransaction(db, async (tx) => {
    const schedule = await lockSchedule(tx, flow.schedule_id)
    await check(tx, schedule)
    await insertFlow(tx, {
      ...flow,
      next_execution_time: nextExecutionTime({ ...flow, deleted_at: null }, schedule, now),
      rung_until: rings(flow) ? now.toISOString() : null,
      created_at: now.toISOString(),
      updated_at: now.toISOString(),
    })
  })

/**
 * Changes a flow while its row is held, so that changes at the same moment follow one another. `decide` sees the row as
 * it stands and says what becomes different; it may throw: then nothing has happened. Null: there is no such flow.
 * `schedule_id`: the one that it is to have, where that is to change. Throws `isDuplicate` when the name is taken.
 */
export const changeFlow = (
  db: Db,
  { id, schedule_id: given }: { readonly id: string; readonly schedule_id?: string | null | undefined },
  now: Date,
  decide: (tx: Db, flow: Flow, schedule: ScheduleOf) => Promise<FlowPatch>,
): Promise<{ readonly mustSync: boolean; readonly changed: boolean } | null> =>
  inTransaction(db, async (tx) => {
    const flow = await lockFlow(tx, id)
    if (flow === undefined || flow.deleted_at !== null) return null
    // Flows before schedules, as ticks and changes of a schedule hold them. One that it has already needs no hold: its
    // change waits for this row, or has been made.
    if (given !== flow.schedule_id) await lockSchedule(tx, given ?? null)
    const patch = await decide(tx, flow, (scheduleId) => readSchedule(tx, scheduleId))
    const next = { ...flow, ...patch }
    const differs = (name: keyof FlowPatch): boolean => !isSame(flow[name], next[name])
    if (!(Object.keys(patch) as (keyof FlowPatch)[]).some(differs)) return { mustSync: false, changed: false }
    const mustSync = followed.some(differs)
    // Temporal does not know of windows: they change when it runs, not when it rings.
    const hoursDiffer = differs('window_start') || differs('window_end')
    const begins = rings(next) && (!rings(flow) || flow.schedule_id !== next.schedule_id)
    const schedule = await readSchedule(tx, next.schedule_id)
    await tx
      .update(protectionFlows)
      .set({
        ...patch,
        ...(mustSync && {
          version: flow.version + 1,
        }),
        ...((mustSync || hoursDiffer) && {
          next_execution_time: nextExecutionTime(next, schedule, now),
        }),
        ...(begins && { rung_until: now.toISOString() }),
        updated_at: now.toISOString(),
      })
      .where(eq(protectionFlows.id, id))
    return { mustSync, changed: true }
  })

export type ScheduleOf = (scheduleId: string | null) => Promise<Schedule | null>

const rings = (flow: Pick<Flow, 'enabled' | 'schedule_id'>): boolean =>
  flow.enabled && flow.schedule_id !== null

const isSame = (one: unknown, other: unknown): boolean => JSON.stringify(one) === JSON.stringify(other)

/** Holds what a flow is to protect until the transaction ends; false where there is no such VM or group. */
export const lockTarget = async (tx: Db, { target_type, target_id }: Target): Promise<boolean> => {
  const table = target_type === 'vm' ? vmReplicationContexts : vmGroups
  const [row] = await tx.select({ id: table.id }).from(table).where(eq(table.id, target_id)).for('update')
  return row !== undefined
}
