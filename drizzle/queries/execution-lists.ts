import { and, count, desc, eq, inArray, notInArray, sql } from 'drizzle-orm'
import { openExecutionStatuses } from '../../domain/execution.js'
import type {
  Execution,
  ExecutionItem,
  ExecutionStatus,
  ExecutionType,
  ItemStatus,
} from '../../domain/execution.js'
import type { LatestRetry } from '../../domain/rules/execution-actions.js'
import type { Db } from '../open.js'
import { flowExecutionItems } from '../schema/flow-execution-items.js'
import { protectionFlowExecutions } from '../schema/protection-flow-executions.js'
import { protectionFlows } from '../schema/protection-flows.js'
import { given } from './given.js'
import { withLiveCounters } from './live-counters.js'
import { pageOf } from './paging.js'
import type { Page, Paged } from './paging.js'

/** An execution and its flow's name, which a deleted flow keeps. */
export interface NamedExecution {
  readonly execution: Execution
  readonly flow_name: string
}

export interface ExecutionListFilter {
  readonly flow_id?: string | undefined
  readonly status?: ExecutionStatus | undefined
  readonly execution_type?: ExecutionType | undefined
}

const table = protectionFlowExecutions

// Every execution has its flow; joined from the left, or the server begins with the flows and sorts a million executions.
const flowName = sql<string>`${protectionFlows.name}`

const named = (db: Db) =>
  db
    .select({ execution: table, flow_name: flowName })
    .from(table)
    .leftJoin(protectionFlows, eq(protectionFlows.id, table.flow_id))

/** Newest first. Throws Failure('bad-request') for a foreign cursor. */
export const listExecutions = (
  db: Db,
  filter: ExecutionListFilter,
  page: Page,
): Promise<Paged<NamedExecution>> =>
  pageOf<NamedExecution>(db, {
    table,
    key: { createdAt: table.created_at, id: table.id },
    where: and(
      given(filter.flow_id, (value) => eq(table.flow_id, value)),
      given(filter.status, (value) => eq(table.status, value)),
      given(filter.execution_type, (value) => eq(table.execution_type, value)),
    ),
    page,
    positionOf: ({ execution }) => [execution.created_at, execution.id],
    select: async (where, orderBy, limit) =>
      withLiveCounters(
        db,
        await named(db)
          .where(where)
          .orderBy(...orderBy)
          .limit(limit),
      ),
  })

export const namedExecutions = async (db: Db, ids: readonly string[]): Promise<NamedExecution[]> =>
  ids.length === 0 ? [] : await withLiveCounters(db, await named(db).where(inArray(table.id, [...ids])))

export const namedExecution = async (db: Db, id: string): Promise<NamedExecution | undefined> =>
  (await namedExecutions(db, [id]))[0]

/** All that have not ended, oldest first: queued ones too. */
export const openExecutions = (db: Db): Promise<NamedExecution[]> =>
  named(db)
    .where(inArray(table.status, [...openExecutionStatuses]))
    .orderBy(table.created_at, table.id)

/** Those of one flow that have not ended, oldest first. */
export const openExecutionsOf = (db: Db, flowId: string): Promise<NamedExecution[]> =>
  named(db)
    .where(and(eq(table.flow_id, flowId), inArray(table.status, [...openExecutionStatuses])))
    .orderBy(table.created_at, table.id)

/** The latest retry of an execution; null where nobody retried it. */
export const retryOf = async (db: Db, id: string): Promise<LatestRetry | null> => {
  const [row] = await db
    .select({ id: table.id, status: table.status, completed: table.jobs_completed })
    .from(table)
    .where(eq(table.retry_of, id))
    .orderBy(desc(table.created_at), desc(table.id))
    .limit(1)
  return row === undefined ? null : { ...row, unfinished: await unfinishedItems(db, row.id) }
}

/** Items that ended neither well nor skipped: what a retry takes up. */
export const unfinishedItems = async (db: Db, executionId: string): Promise<number> => {
  const [row] = await db
    .select({ items: count() })
    .from(flowExecutionItems)
    .where(
      and(
        eq(flowExecutionItems.execution_id, executionId),
        notInArray(flowExecutionItems.status, ['completed', 'skipped']),
      ),
    )
  return row?.items ?? 0
}

export interface ItemPage {
  readonly after: number
  readonly limit: number
  readonly status?: ItemStatus | undefined
}

/** Items behind a position, in the order of the plan; `total` counts all of this status. */
export const itemsOf = async (
  db: Db,
  executionId: string,
  { after, limit, status }: ItemPage,
): Promise<{ items: ExecutionItem[]; total: number; next_after: number | null }> => {
  const wanted = and(
    eq(flowExecutionItems.execution_id, executionId),
    given(status, (value) => eq(flowExecutionItems.status, value)),
  )
  const [found, [counted]] = await Promise.all([
    db
      .select()
      .from(flowExecutionItems)
      .where(and(wanted, sql`${flowExecutionItems.position} > ${after}`))
      .orderBy(flowExecutionItems.position)
      .limit(limit + 1),
    db.select({ items: count() }).from(flowExecutionItems).where(wanted),
  ])
  const items = found.slice(0, limit)
  const more = found.length > limit
  return { items, total: counted?.items ?? 0, next_after: more ? (items.at(-1)?.position ?? null) : null }
}
