import {
  and,
  asc,
  count,
  desc,
  eq,
  exists,
  gt,
  inArray,
  isNotNull,
  lt,
  lte,
  ne,
  notExists,
  or,
  sql,
} from 'drizzle-orm'
import type { SQL } from 'drizzle-orm'
import { alias } from 'drizzle-orm/mysql-core'
import { openExecutionStatuses } from '../../domain/execution.js'
import type { ExecutionStatus } from '../../domain/execution.js'
import { inTransaction, matched } from '../open.js'
import type { Db } from '../open.js'
import { jobSteps } from '../schema/job-steps.js'
import { protectionFlowExecutions as executions } from '../schema/protection-flow-executions.js'
import { protectionFlows } from '../schema/protection-flows.js'
import { scheduleExecutions } from '../schema/schedule-executions.js'
import { groupedBy } from './grouped.js'

/** Of one transaction. */
export interface Batch {
  readonly most: number
  /** Of their items, which go with them. */
  readonly mostItems: number
}

const endedStatuses = ['success', 'warning', 'error', 'cancelled'] as const satisfies ExecutionStatus[]

/** Where history begins for a flow that has more of it than is kept: what is not newer goes. */
export interface FlowBound {
  readonly flowId: string
  readonly createdAt: string
  readonly id: string
}

/** The flows with more executions than `kept`, each with the newest that is one too many. */
export const crowdedFlows = async (db: Db, kept: number): Promise<FlowBound[]> => {
  const crowded = await db
    .select({ flowId: executions.flow_id })
    .from(executions)
    .groupBy(executions.flow_id)
    .having(gt(count(), kept))
  const bounds: FlowBound[] = []
  for (const { flowId } of crowded) {
    const [row] = await db
      .select({ flowId: executions.flow_id, createdAt: executions.created_at, id: executions.id })
      .from(executions)
      .where(eq(executions.flow_id, flowId))
      .orderBy(desc(executions.created_at), desc(executions.id))
      .limit(1)
      .offset(kept)
    if (row !== undefined) bounds.push(row)
  }
  return bounds
}

/** Ended before this time (ISO). */
export const endedBefore = (before: string): SQL | undefined =>
  and(
    lt(executions.created_at, before),
    lt(
      sql`coalesce(${executions.completed_at}, ${executions.created_at})`,
      sql.param(before, executions.created_at),
    ),
  )

/** Beyond what is kept of a flow. */
export const beyond = ({ flowId, createdAt, id }: FlowBound): SQL | undefined =>
  and(
    eq(executions.flow_id, flowId),
    lte(executions.created_at, createdAt),
    or(lt(executions.created_at, createdAt), lte(executions.id, id)),
  )

export interface PrunedBatch {
  readonly executions: number
  readonly steps: number
}

/**
 * Removes one batch of ended executions with their items and steps, oldest first, and adds them to what their flows have
 * forgotten. Never an open one, a flow's last, newest ended or newest successful one, or one whose retry is open.
 * Nothing left: all counts are 0.
 */
export const pruneExecutions = (db: Db, which: SQL | undefined, batch: Batch): Promise<PrunedBatch> =>
  inTransaction(db, async (tx) => {
    const rows = await prunable(tx, which, batch)
    if (rows.length === 0) return { executions: 0, steps: 0 }
    const ids = rows.map(({ id }) => id)
    // Flows first: who counts a flow's executions anew holds its row.
    for (const [flowId, some] of [...groupedBy(rows, ({ flowId: of }) => of)].sort()) {
      const ended = (status: ExecutionStatus): number => some.filter((row) => row.status === status).length
      await tx
        .update(protectionFlows)
        .set({
          pruned_executions: sql`${protectionFlows.pruned_executions} + ${some.length}`,
          pruned_successful: sql`${protectionFlows.pruned_successful} + ${ended('success')}`,
          pruned_failed: sql`${protectionFlows.pruned_failed} + ${ended('error')}`,
        })
        .where(eq(protectionFlows.id, flowId))
    }
    const steps = matched(await tx.delete(jobSteps).where(inArray(jobSteps.job_id, ids)))
    const gone = matched(await tx.delete(executions).where(inArray(executions.id, ids)))
    return { executions: gone, steps }
  })

const prunable = async (
  tx: Db,
  which: SQL | undefined,
  batch: Batch,
): Promise<{ readonly id: string; readonly flowId: string; readonly status: ExecutionStatus }[]> => {
  const retry = alias(executions, 'retry')
  const rows = await tx
    .select({
      id: executions.id,
      flowId: executions.flow_id,
      status: executions.status,
      items: executions.vms_total,
    })
    .from(executions)
    .where(
      and(
        which,
        inArray(executions.status, endedStatuses),
        hasNewer(tx, [...endedStatuses]),
        or(ne(executions.status, 'success'), hasNewer(tx, ['success'])),
        notExists(
          tx
            .select({ one: sql`1` })
            .from(protectionFlows)
            .where(eq(protectionFlows.last_execution_id, executions.id)),
        ),
        notExists(
          tx
            .select({ one: sql`1` })
            .from(retry)
            .where(and(eq(retry.retry_of, executions.id), inArray(retry.status, openExecutionStatuses))),
        ),
      ),
    )
    .orderBy(asc(executions.created_at), asc(executions.id))
    .limit(batch.most)
  let items = 0
  // The first one goes however many it has.
  return rows.filter((row, index) => (items += row.items) <= batch.mostItems || index === 0)
}

/** Whether the flow has a newer execution of one of these statuses: of a rare schedule the page must not forget the last. */
const hasNewer = (tx: Db, statuses: ExecutionStatus[]): SQL => {
  const newer = alias(executions, 'newer')
  return exists(
    tx
      .select({ one: sql`1` })
      .from(newer)
      .where(
        and(
          eq(newer.flow_id, executions.flow_id),
          or(
            gt(newer.created_at, executions.created_at),
            and(eq(newer.created_at, executions.created_at), gt(newer.id, executions.id)),
          ),
          inArray(newer.status, statuses),
        ),
      ),
  )
}

/**
 * Removes one batch of decided due times, oldest first; never those of executions that are open, nor a flow's newest, and
 * its newest that was not skipped: what its schedule has promised is told by them, however long ago.
 */
export const pruneDueTimes = async (db: Db, which: SQL | undefined, most: number): Promise<number> => {
  const rows = await db
    .select({ id: scheduleExecutions.id })
    .from(scheduleExecutions)
    .where(
      and(
        which,
        hasNewerDueTime(db, undefined),
        or(eq(scheduleExecutions.status, 'skipped'), hasNewerDueTime(db, 'skipped')),
        notExists(
          db
            .select({ one: sql`1` })
            .from(executions)
            .where(
              and(
                isNotNull(executions.schedule_execution_id),
                eq(executions.schedule_execution_id, scheduleExecutions.id),
                inArray(executions.status, openExecutionStatuses),
              ),
            ),
        ),
      ),
    )
    .orderBy(asc(scheduleExecutions.created_at), asc(scheduleExecutions.id))
    .limit(most)
  if (rows.length === 0) return 0
  const ids = rows.map(({ id }) => id)
  return matched(await db.delete(scheduleExecutions).where(inArray(scheduleExecutions.id, ids)))
}

/** Whether a later due time of the flow is decided, other than so. */
const hasNewerDueTime = (db: Db, other: 'skipped' | undefined): SQL => {
  const newer = alias(scheduleExecutions, 'newer')
  return exists(
    db
      .select({ one: sql`1` })
      .from(newer)
      .where(
        and(
          eq(newer.flow_id, scheduleExecutions.flow_id),
          gt(newer.nominal_time, scheduleExecutions.nominal_time),
          other && ne(newer.status, other),
        ),
      ),
  )
}

/** Decided before this time (ISO). */
export const decidedBefore = (before: string): SQL => lt(scheduleExecutions.created_at, before)

/** Beyond the newest `kept` of each flow, and decided before this time. */
export const crowdedDueTimes = async (db: Db, kept: number, before: string): Promise<(SQL | undefined)[]> => {
  const crowded = await db
    .select({ flowId: scheduleExecutions.flow_id })
    .from(scheduleExecutions)
    .groupBy(scheduleExecutions.flow_id)
    .having(gt(count(), kept))
  const bounds: (SQL | undefined)[] = []
  for (const { flowId } of crowded) {
    const [row] = await db
      .select({ at: scheduleExecutions.nominal_time })
      .from(scheduleExecutions)
      .where(eq(scheduleExecutions.flow_id, flowId))
      .orderBy(desc(scheduleExecutions.nominal_time))
      .limit(1)
      .offset(kept)
    if (row !== undefined)
      bounds.push(
        and(
          eq(scheduleExecutions.flow_id, flowId),
          lte(scheduleExecutions.nominal_time, row.at),
          decidedBefore(before),
        ),
      )
  }
  return bounds
}
