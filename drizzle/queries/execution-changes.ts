import { and, asc, eq, gte, inArray, isNull, sql } from 'drizzle-orm'
import { openExecutionStatuses } from '../../domain/execution.js'
import type { Execution } from '../../domain/execution.js'
import type { Flow } from '../../domain/flow.js'
import type { ScheduleExecution } from '../../domain/schedule.js'
import { inTransaction, matched } from '../open.js'
import type { Db } from '../open.js'
import { protectionFlowExecutions as executions } from '../schema/protection-flow-executions.js'
import { protectionFlows } from '../schema/protection-flows.js'
import { scheduleExecutions } from '../schema/schedule-executions.js'
import { flowEvenDeleted, lockFlow } from './flows.js'
import { groupedBy } from './grouped.js'

/** What a stopped execution keeps in its metadata, so that whatever ends later knows why. */
export interface ExecutionStop {
  readonly code: 'cancelled' | 'run-time-over'
  readonly message: string
}

/** Null while nobody has stopped it. */
export const stopOf = ({ execution_metadata: metadata }: Pick<Execution, 'execution_metadata'>) =>
  (metadata?.['stop'] ?? null) as ExecutionStop | null

/** An execution and the flow that it runs, deleted or not. */
export interface FlowExecution {
  readonly execution: Execution
  readonly flow: Flow
}

/**
 * Runs `work`, which must do nothing but statements, in one transaction that holds the execution's row: claims,
 * pauses and ends of one execution follow each other. Undefined where there is no such execution.
 */
export const underExecutionLock = <Result>(
  db: Db,
  id: string,
  work: (tx: Db, of: FlowExecution) => Promise<Result>,
): Promise<Result | undefined> =>
  inTransaction(db, async (tx) => {
    const [execution] = await tx.select().from(executions).where(eq(executions.id, id)).for('update')
    const flow = execution && (await flowEvenDeleted(tx, execution.flow_id))
    return execution && flow && (await work(tx, { execution, flow }))
  })

/** The same under the lock of the flow's row, which decides what runs next. Undefined where there is no such flow. */
export const underFlowLock = <Result>(
  db: Db,
  id: string,
  work: (tx: Db, flow: Flow) => Promise<Result>,
): Promise<Result | undefined> =>
  inTransaction(db, async (tx) => {
    const flow = await lockFlow(tx, id)
    return flow && (await work(tx, flow))
  })

/** The execution that a run has claimed and not ended. */
export const openExecutionOfRun = async (
  db: Db,
  flowId: string,
  runId: string,
): Promise<Execution | undefined> => {
  const [row] = await db
    .select()
    .from(executions)
    .where(
      and(
        eq(executions.flow_id, flowId),
        eq(executions.run_id, runId),
        inArray(executions.status, ['running', 'paused']),
      ),
    )
    .limit(1)
  return row
}

/** The flow's queued executions, the one that is due first in front; nobody has claimed them. */
export const queuedExecutions = (db: Db, flowId: string, limit = 100): Promise<Execution[]> =>
  db
    .select()
    .from(executions)
    .where(
      and(
        eq(executions.flow_id, flowId),
        eq(executions.status, 'pending'),
        eq(executions.execution_type, 'scheduled'),
        isNull(executions.run_id),
      ),
    )
    .orderBy(
      asc(sql`coalesce(${executions.nominal_time}, ${executions.created_at})`),
      asc(executions.created_at),
      asc(executions.id),
    )
    .limit(limit)

/** `pending` becomes `running` and this run's; false where somebody else was first. Shows in the flow's row, too. */
export const claimPendingExecution = async (
  tx: Db,
  row: Pick<Execution, 'id' | 'flow_id' | 'schedule_execution_id'>,
  claim: { readonly runId: string; readonly workflowId: string; readonly at: string },
): Promise<boolean> => {
  const won = matched(
    await tx
      .update(executions)
      .set({
        status: 'running',
        run_id: claim.runId,
        workflow_id: claim.workflowId,
        started_at: claim.at,
      })
      .where(and(eq(executions.id, row.id), eq(executions.status, 'pending'), isNull(executions.run_id))),
  )
  if (won !== 1) return false
  await showInFlow(tx, row.flow_id, {
    last_execution_id: row.id,
    last_execution_status: 'running',
    last_execution_time: claim.at,
  })
  if (row.schedule_execution_id !== null)
    await settleDueTime(tx, row.schedule_execution_id, ['queued'], { status: 'started' })
  return true
}

type Shown = Partial<
  Pick<
    Flow,
    | 'last_execution_id'
    | 'last_execution_status'
    | 'last_execution_time'
    | 'total_executions'
    | 'successful_executions'
    | 'failed_executions'
  >
>

export const showInFlow = async (db: Db, flowId: string, shown: Shown): Promise<void> => {
  await db.update(protectionFlows).set(shown).where(eq(protectionFlows.id, flowId))
}

/** What has become of a due time that was queued; others keep what they say. */
const settleDueTime = async (
  tx: Db,
  id: string,
  from: readonly ScheduleExecution['status'][],
  become: Partial<Pick<ScheduleExecution, 'status' | 'reason'>>,
): Promise<void> => {
  await tx
    .update(scheduleExecutions)
    .set(become)
    .where(and(eq(scheduleExecutions.id, id), inArray(scheduleExecutions.status, [...from])))
}

/** A queued execution that is not wanted any more; its due time says so, too. False when somebody has claimed it. */
export const dropQueuedExecution = async (
  tx: Db,
  row: Pick<Execution, 'id' | 'schedule_execution_id'>,
  drop: { readonly dueTime: 'missed' | 'skipped'; readonly reason: string; readonly at: string },
): Promise<boolean> => {
  const dropped = matched(
    await tx
      .update(executions)
      .set({ status: 'cancelled', error_message: drop.reason, completed_at: drop.at })
      .where(and(eq(executions.id, row.id), eq(executions.status, 'pending'), isNull(executions.run_id))),
  )
  if (dropped !== 1) return false
  if (row.schedule_execution_id !== null)
    // One that was to start at once has not: nobody claimed it.
    await settleDueTime(tx, row.schedule_execution_id, ['queued', 'started'], {
      status: drop.dueTime,
      reason: drop.reason,
    })
  return true
}

/** Due times that were given up together when their turn came. */
export interface GivenUp {
  /** The latest. */
  readonly nominalTime: string
  readonly count: number
  readonly reason: string
}

/** Those whose executions were dropped as missed since a moment, one for each look at the flow, oldest first. */
export const givenUpSince = async (db: Db, flowId: string, since: string): Promise<GivenUp[]> => {
  const rows = await db
    .select({
      at: executions.completed_at,
      nominalTime: scheduleExecutions.nominal_time,
      reason: scheduleExecutions.reason,
    })
    .from(executions)
    .innerJoin(scheduleExecutions, eq(scheduleExecutions.id, executions.schedule_execution_id))
    .where(
      and(
        eq(executions.flow_id, flowId),
        eq(executions.status, 'cancelled'),
        isNull(executions.run_id),
        gte(executions.completed_at, since),
        eq(scheduleExecutions.status, 'missed'),
      ),
    )
    .orderBy(asc(executions.completed_at), asc(scheduleExecutions.nominal_time))
  return [...groupedBy(rows, ({ at }) => at).values()].flatMap((together) => {
    const latest = together.at(-1)
    if (latest === undefined) return []
    const { nominalTime, reason } = latest
    return [{ nominalTime, count: together.length, reason: reason ?? 'Its turn came too late' }]
  })
}

export type ExecutionPatch = Partial<Omit<Execution, 'id' | 'flow_id' | 'created_at'>>

/** Changes a row only while its status is one of `allowed`; returns whether it was. */
export const updateExecution = async (
  db: Db,
  id: string,
  patch: ExecutionPatch,
  allowed: readonly Execution['status'][] = openExecutionStatuses,
): Promise<boolean> =>
  matched(
    await db
      .update(executions)
      .set(patch)
      .where(and(eq(executions.id, id), inArray(executions.status, [...allowed]))),
  ) === 1

/** Executions that have not ended, oldest first: what the sweeper asks Temporal about. */
export const openExecutions = (db: Db): Promise<Execution[]> =>
  db
    .select()
    .from(executions)
    .where(inArray(executions.status, [...openExecutionStatuses]))
    .orderBy(asc(executions.created_at), asc(executions.id))

/**
 * A flow's counters, recounted from its executions, those that history has forgotten included: none is counted twice,
 * however often it is finished. Under the lock of the flow's row, or a prune would come between.
 */
export const recountFlow = async (tx: Db, flowId: string): Promise<void> => {
  const [pruned] = await tx
    .select({
      all: protectionFlows.pruned_executions,
      successful: protectionFlows.pruned_successful,
      failed: protectionFlows.pruned_failed,
    })
    .from(protectionFlows)
    .where(eq(protectionFlows.id, flowId))
    .for('update')
  const counts = await tx
    .select({ status: executions.status, count: sql<number>`count(*)`.mapWith(Number) })
    .from(executions)
    .where(eq(executions.flow_id, flowId))
    .groupBy(executions.status)
  const of = (...wanted: Execution['status'][]): number =>
    counts.filter(({ status }) => wanted.includes(status)).reduce((all, { count }) => all + count, 0)
  await showInFlow(tx, flowId, {
    total_executions: of('success', 'warning', 'error', 'cancelled') + (pruned?.all ?? 0),
    successful_executions: of('success') + (pruned?.successful ?? 0),
    failed_executions: of('error') + (pruned?.failed ?? 0),
  })
}
