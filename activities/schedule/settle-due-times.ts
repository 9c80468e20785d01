import type { Flow } from '../../domain/flow.js'
import { decideDueTimes, isLate } from '../../domain/rules/decide-tick.js'
import type { TickFacts } from '../../domain/rules/decide-tick.js'
import { parseCron } from '../../domain/rules/cron.js'
import { latestDue, newestDue } from '../../domain/rules/due-times.js'
import { workflowIds } from '../../domain/rules/names.js'
import { nextExecutionTime } from '../../domain/rules/next-execution.js'
import type { Schedule, ScheduleExecution, ScheduleExecutionStatus } from '../../domain/schedule.js'
import type { Db } from '../../drizzle/open.js'
import { readAllPaused } from '../../drizzle/queries/all-paused.js'
import { insertPendingExecution } from '../../drizzle/queries/executions.js'
import { readableId } from '../../drizzle/queries/readable-id.js'
import {
  decidedTogether,
  decidedWithin,
  decisionAbout,
  insertDecisions,
  openExecutionsOf,
  recordRing,
  whileFlowIsHeld,
} from '../../drizzle/queries/schedule-executions.js'
import type { Decision } from '../../drizzle/queries/schedule-executions.js'
import { scheduleById } from '../../drizzle/queries/schedules.js'
import type { TickDecision } from '../schedule-steps.js'
import type { ScheduleDependencies } from './dependencies.js'

/** What a ring decides about, or a look whether rings were lost. */
export interface Asked {
  readonly flowId: string
  /** The due time that rings; null where nobody rang. */
  readonly nominal: Date | null
  /** Due times before it whose own ring is so late are decided about, too. */
  readonly lateSeconds: number
}

export interface Settled {
  /** About the due time that rang. */
  readonly decision: TickDecision | null
  /** Other due times that were decided about. */
  readonly others: readonly {
    readonly at: string
    readonly status: ScheduleExecutionStatus
    readonly reason: string | null
  }[]
  /** The flow whose execution waits for `run-flow`, which must be told; null where none waits. */
  readonly wakes: Pick<Flow, 'id' | 'name'> | null
  /** All that this decision gave up; the same again where the due time was decided before. */
  readonly missed: MissedDueTimes | null
}

/** Due times that were given up together: the latest, how many they are, and why. */
export interface MissedDueTimes {
  readonly nominalTime: string
  readonly count: number
  readonly reason: string
}

/** More due times that nobody rang for leave no row each. */
const mostLost = 200

const statusOf = { run: 'started', queue: 'queued', skip: 'skipped', missed: 'missed' } as const

/**
 * Decides under the flow's row lock, in one transaction: about the due time that rings and about those before it whose
 * ring must have been lost, so that the order in which late rings come makes no difference. Safe to run twice: a due
 * time that is decided keeps its decision.
 */
export const settleDueTimes = async (
  { db, now: clock }: Pick<ScheduleDependencies, 'db' | 'now'>,
  asked: Asked,
): Promise<Settled> =>
  (await whileFlowIsHeld(db, asked.flowId, async (tx, flow) => {
    const known = asked.nominal && (await decisionAbout(tx, flow.id, asked.nominal.toISOString()))
    if (known) return await asDecided(tx, flow, known)
    const schedule = flow.schedule_id === null ? null : ((await scheduleById(tx, flow.schedule_id)) ?? null)
    const now = clock()
    const open = await undecided(tx, { flow, schedule, asked, now })
    const facts = await factsOf(tx, { flow, schedule, asked, now, nominals: open.nominals })
    return await write(tx, { flow, schedule, asked, now, ...open, facts })
  })) ?? gone

const gone: Settled = {
  decision: { status: 'skipped', reason: 'There is no such flow any more', executionId: null },
  others: [],
  wakes: null,
  missed: null,
}

async function asDecided(
  tx: Db,
  flow: Flow,
  { status, reason, created_at: decidedAt, execution }: Decision,
): Promise<Settled> {
  return {
    decision: { status, reason, executionId: execution?.id ?? null },
    others: [],
    wakes: execution?.status === 'pending' ? flow : null,
    missed: missedOf(await decidedTogether(tx, flow.id, decidedAt)),
  }
}

function missedOf(
  rows: readonly Pick<ScheduleExecution, 'nominal_time' | 'status' | 'reason'>[],
): MissedDueTimes | null {
  const missed = rows.filter(({ status }) => status === 'missed')
  const latest = missed.at(-1)
  if (latest === undefined) return null
  const { nominal_time: nominalTime, reason } = latest
  return { nominalTime, count: missed.length, reason: reason ?? 'It rang too late' }
}

interface Scene {
  readonly flow: Flow
  readonly schedule: Schedule | null
  readonly asked: Asked
  readonly now: Date
}

interface Undecided {
  /** What is to be decided now, oldest first. */
  readonly nominals: readonly number[]
  readonly rungUntil: number | null
}

/** What is to be decided, and up to when all is accounted for then. */
async function undecided(tx: Db, scene: Scene): Promise<Undecided> {
  const { flow, schedule, asked, now } = scene
  const asking = asked.nominal?.getTime() ?? null
  const own = asking === null ? [] : [asking]
  const rung = flow.rung_until === null ? null : Date.parse(flow.rung_until)
  // What passes while it is off is nobody's loss.
  if (schedule === null || !rings(flow, schedule)) return { nominals: own, rungUntil: rung }
  const due = rung === null ? [] : dueSince(rung, { schedule, now })
  const decided = await decidedAmong(tx, flow.id, due, asking)
  const missing = due.filter((at) => at !== asking && !decided.has(at))
  const late = missing.filter((at) => isLate(at, { ...asked, schedule, now: now.getTime() }))
  // Its own ring is on the way.
  const awaited = missing.find((at) => !late.includes(at))
  const last = Math.max(rung ?? 0, asking ?? 0, due.at(-1) ?? 0)
  const rungUntil = awaited === undefined ? last : Math.max(rung ?? 0, awaited - 1)
  return { nominals: [...late, ...own], rungUntil: rungUntil === 0 ? null : rungUntil }
}

const rings = (flow: Flow, schedule: Schedule): boolean =>
  flow.enabled && flow.deleted_at === null && schedule.enabled

function dueSince(
  rung: number,
  { schedule, now }: { readonly schedule: Schedule; readonly now: Date },
): number[] {
  const { cron } = parseCron(schedule.cron_expression)
  if (cron === null) return []
  const span = { after: new Date(rung), until: now, most: mostLost }
  return newestDue(cron, schedule.timezone, span).map((at) => at.getTime())
}

async function decidedAmong(
  tx: Db,
  flowId: string,
  due: readonly number[],
  asking: number | null,
): Promise<ReadonlySet<number>> {
  const [first] = due
  const last = due.at(-1)
  // Usually it is the only one, and known to be undecided.
  if (first === undefined || last === undefined || (first === asking && last === asking)) return new Set()
  const decided = await decidedWithin(tx, flowId, { from: iso(first), to: iso(last) })
  return new Set(decided.map((at) => Date.parse(at)))
}

async function factsOf(
  tx: Db,
  { flow, schedule, asked, now, nominals }: Scene & Pick<Undecided, 'nominals'>,
): Promise<TickFacts | null> {
  if (nominals.length === 0) return null
  const { cron } = schedule === null ? { cron: null } : parseCron(schedule.cron_expression)
  const after = new Date(Math.min(...nominals) - 1)
  const latest =
    cron === null || schedule === null ? null : latestDue(cron, schedule.timezone, { after, until: now })
  const [open = null, ...queued] = await openExecutionsOf(tx, flow.id)
  return {
    ...{ now: now.getTime(), flow, schedule, open, queued: queued.length },
    latestDue: latest?.getTime() ?? null,
    rungUntil: flow.rung_until === null ? null : Date.parse(flow.rung_until),
    allPaused: await readAllPaused(tx),
    lateSeconds: asked.lateSeconds,
  }
}

async function write(
  tx: Db,
  { flow, schedule, asked, now, nominals, rungUntil, facts }: Scene & Undecided & { facts: TickFacts | null },
): Promise<Settled> {
  const decided = facts === null ? [] : decideDueTimes(nominals, facts, () => readableId('exec', flow.name))
  const rows = decided.map(({ nominal, outcome, reason }) => ({
    id: readableId('due', flow.name),
    flow_id: flow.id,
    schedule_id: schedule?.id ?? null,
    nominal_time: iso(nominal),
    status: statusOf[outcome],
    reason,
    created_at: now.toISOString(),
  }))
  await insertDecisions(tx, rows)
  for (const [index, { nominal, executionId }] of decided.entries())
    if (executionId !== null)
      await insertPendingExecution(tx, {
        id: executionId,
        flow_id: flow.id,
        execution_type: 'scheduled',
        backup_type: 'auto',
        workflow_id: workflowIds.flow(flow.id),
        triggered_by: 'schedule',
        schedule_execution_id: rows[index]?.id ?? null,
        nominal_time: iso(nominal),
        // Their order is the order in which they run.
        created_at: iso(now.getTime() + index),
      })
  await recordRing(tx, flow.id, {
    rung_until: rungUntil === null ? null : iso(rungUntil),
    next_execution_time: nextExecutionTime(flow, schedule, now),
  })
  const asking = asked.nominal?.getTime()
  const own = decided.findIndex(({ nominal }) => nominal === asking)
  const row = rows[own]
  return {
    decision: row
      ? { status: row.status, reason: row.reason, executionId: decided[own]?.executionId ?? null }
      : null,
    others: rows
      .filter((_, index) => index !== own)
      .map(({ nominal_time: at, status, reason }) => ({ at, status, reason })),
    wakes: decided.some(({ executionId }) => executionId !== null) ? flow : null,
    missed: missedOf(rows),
  }
}

const iso = (at: number): string => new Date(at).toISOString()
