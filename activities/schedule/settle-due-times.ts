import type { Flow } from '../../domain/flow.js'
import { decideDueTimes } from '../../domain/rules/decide-tick.js'
import type { TickFacts } from '../../domain/rules/decide-tick.js'
import { workflowIds } from '../../domain/rules/names.js'
import { nextExecutionTime } from '../../domain/rules/next-execution.js'
import type { ScheduleExecution, ScheduleExecutionStatus } from '../../domain/schedule.js'
import type { Db } from '../../drizzle/open.js'
import { insertPendingExecution } from '../../drizzle/queries/executions.js'
import { readableId } from '../../drizzle/queries/readable-id.js'
import {
  decidedTogether,
  decisionAbout,
  insertDecisions,
  recordRing,
  whileFlowIsHeld,
} from '../../drizzle/queries/schedule-executions.js'
import type { Decision } from '../../drizzle/queries/schedule-executions.js'
import { scheduleById } from '../../drizzle/queries/schedules.js'
import type { TickDecision } from '../schedule-steps.js'
import type { ScheduleDependencies } from './dependencies.js'
import { factsOf, iso, undecided } from './undecided.js'
import type { Asked, Scene, Undecided } from './undecided.js'

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
