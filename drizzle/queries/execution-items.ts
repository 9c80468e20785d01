import { and, asc, desc, eq, inArray, isNotNull, isNull, lte, or, sql } from 'drizzle-orm'
import type { ExecutionItem, ItemStatus } from '../../domain/execution.js'
import { matched } from '../open.js'
import type { Db } from '../open.js'
import { flowExecutionItems as items } from '../schema/flow-execution-items.js'
import { protectionFlowExecutions as executions } from '../schema/protection-flow-executions.js'

const rowsPerStatement = 500

export type PlannedItem = Pick<ExecutionItem, 'vm_context_id' | 'vm_name' | 'priority'>

/** The plan, in its order. Throws `isDuplicate` where there is one already. */
export const insertItems = async (tx: Db, executionId: string, planned: readonly PlannedItem[]) => {
  const rows = planned.map((item, position) => ({
    ...item,
    execution_id: executionId,
    position,
    status: 'pending' as const,
    attempts: 0,
    backup_ids: [],
    reasons: [],
    bytes_transferred: 0,
  }))
  for (let at = 0; at < rows.length; at += rowsPerStatement)
    await tx.insert(items).values(rows.slice(at, at + rowsPerStatement))
}

/** All VMs of an execution in the order of its plan, those with one of `statuses` where given. */
export const itemsOf = (
  db: Db,
  executionId: string,
  statuses?: readonly ItemStatus[],
  limit = 100_000,
): Promise<ExecutionItem[]> =>
  db
    .select()
    .from(items)
    .where(and(eq(items.execution_id, executionId), statuses && inArray(items.status, [...statuses])))
    .orderBy(asc(items.position))
    .limit(limit)

export const itemAt = async (
  db: Db,
  executionId: string,
  position: number,
): Promise<ExecutionItem | undefined> => {
  const [row] = await db
    .select()
    .from(items)
    .where(and(eq(items.execution_id, executionId), eq(items.position, position)))
  return row
}

/** The VM that a lane works on. */
export const openItemOfLane = async (
  tx: Db,
  executionId: string,
  lane: number,
): Promise<ExecutionItem | undefined> => {
  const [row] = await tx
    .select()
    .from(items)
    .where(and(eq(items.execution_id, executionId), eq(items.status, 'running'), eq(items.lane, lane)))
    .limit(1)
  return row
}

const waiting = ['pending', 'waiting'] as const satisfies ItemStatus[]

/**
 * VMs whose turn it is, the first to go in front. Thousands may be pending: they are put into their order by the index
 * alone, and only the first are read.
 */
export const dueItems = async (
  tx: Db,
  executionId: string,
  now: string,
  limit: number,
): Promise<ExecutionItem[]> => {
  const inOrder = [desc(items.priority), asc(items.position)]
  const ofStatus = (status: ItemStatus) => and(eq(items.execution_id, executionId), eq(items.status, status))
  const first = await tx
    .select({ position: items.position, priority: items.priority })
    // Left to itself the server reads all rows, with what they have been through.
    .from(items, { forceIndex: 'flow_execution_items_claim_ix' })
    .where(ofStatus('pending'))
    .orderBy(...inOrder)
    .limit(limit)
  const again = await tx
    .select({ position: items.position, priority: items.priority })
    .from(items)
    .where(and(ofStatus('waiting'), or(isNull(items.not_before), lte(items.not_before, now))))
    .orderBy(...inOrder)
    .limit(limit)
  const positions = [...first, ...again]
    .sort((a, b) => b.priority - a.priority || a.position - b.position)
    .slice(0, limit)
    .map(({ position }) => position)
  if (positions.length === 0) return []
  return await tx
    .select()
    .from(items)
    .where(and(eq(items.execution_id, executionId), inArray(items.position, positions)))
    .orderBy(...inOrder)
}

/** The VM that waits the shortest. */
export const nextWaiting = async (tx: Db, executionId: string): Promise<ExecutionItem | undefined> => {
  const [row] = await tx
    .select()
    .from(items)
    .where(
      and(
        eq(items.execution_id, executionId),
        inArray(items.status, [...waiting]),
        isNotNull(items.not_before),
      ),
    )
    .orderBy(asc(items.not_before))
    .limit(1)
  return row
}

export type ItemPatch = Partial<Omit<ExecutionItem, 'execution_id' | 'position' | 'vm_context_id'>>

/** Changes an item only while its status is one of `allowed`; returns whether it was. */
export const updateItem = async (
  tx: Db,
  { execution_id, position }: Pick<ExecutionItem, 'execution_id' | 'position'>,
  patch: ItemPatch,
  allowed: readonly ItemStatus[],
): Promise<boolean> =>
  matched(
    await tx
      .update(items)
      .set(patch)
      .where(
        and(
          eq(items.execution_id, execution_id),
          eq(items.position, position),
          inArray(items.status, [...allowed]),
        ),
      ),
  ) === 1

/** Ends every item that has one of these statuses; returns how many. */
export const endItems = async (
  tx: Db,
  executionId: string,
  statuses: readonly ItemStatus[],
  patch: ItemPatch,
): Promise<number> =>
  matched(
    await tx
      .update(items)
      .set(patch)
      .where(and(eq(items.execution_id, executionId), inArray(items.status, [...statuses]))),
  )

/** How many items have which status, and what they moved. */
export interface ItemTotals {
  readonly counts: Partial<Record<ItemStatus, number>>
  readonly attempts: number
  readonly bytes: number
}

export const itemTotals = async (tx: Db, executionId: string): Promise<ItemTotals> => {
  const rows = await tx
    .select({
      status: items.status,
      count: sql<number>`count(*)`.mapWith(Number),
      attempts: sql<number>`sum(${items.attempts})`.mapWith(Number),
      bytes: sql<number>`sum(${items.bytes_transferred})`.mapWith(Number),
    })
    .from(items)
    .where(eq(items.execution_id, executionId))
    .groupBy(items.status)
  return {
    counts: Object.fromEntries(rows.map(({ status, count }) => [status, count])),
    attempts: rows.reduce((all, row) => all + row.attempts, 0),
    bytes: rows.reduce((all, row) => all + row.bytes, 0),
  }
}

/** The counters of an execution, recounted from its items in one statement each: never added up. */
export const recountExecution = async (tx: Db, executionId: string): Promise<ItemTotals> => {
  const totals = await itemTotals(tx, executionId)
  const { completed = 0, failed = 0, skipped = 0, cancelled = 0 } = totals.counts
  const all = Object.values(totals.counts).reduce((sum, count) => sum + count, 0)
  await tx
    .update(executions)
    .set({
      vms_total: all,
      vms_processed: completed + failed + skipped + cancelled,
      jobs_created: totals.attempts,
      jobs_completed: completed,
      jobs_failed: failed,
      jobs_skipped: skipped,
      jobs_cancelled: cancelled,
      bytes_transferred: totals.bytes,
    })
    .where(eq(executions.id, executionId))
  return totals
}
