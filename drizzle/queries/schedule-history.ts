import { eq, inArray, sql } from 'drizzle-orm'
import type { ScheduleExecution } from '../../domain/schedule.js'
import type { Db } from '../open.js'
import { protectionFlowExecutions } from '../schema/protection-flow-executions.js'
import { protectionFlows } from '../schema/protection-flows.js'
import { scheduleExecutions } from '../schema/schedule-executions.js'
import { pageOf } from './paging.js'
import type { Page, Paged } from './paging.js'

/** What became of a due time, with the names that its line shows; `execution_id` is null where nothing ran. */
export type NamedScheduleExecution = ScheduleExecution & {
  readonly flow_name: string
  readonly execution_id: string | null
}

const table = scheduleExecutions

/** What became of a schedule's due times, newest first; those of deleted flows too. */
export const listScheduleExecutions = async (
  db: Db,
  scheduleId: string,
  page: Page,
): Promise<Paged<NamedScheduleExecution>> => {
  const found = await pageOf<ScheduleExecution & { flow_name: string }>(db, {
    table,
    key: { createdAt: table.nominal_time, id: table.id },
    where: eq(table.schedule_id, scheduleId),
    page,
    positionOf: (row) => [row.nominal_time, row.id],
    select: (where, orderBy, limit) =>
      db
        .select({
          id: table.id,
          flow_id: table.flow_id,
          schedule_id: table.schedule_id,
          nominal_time: table.nominal_time,
          status: table.status,
          reason: table.reason,
          created_at: table.created_at,
          flow_name: sql<string>`${protectionFlows.name}`,
        })
        .from(table)
        // From the left, or the server may begin with the flows and sort all their due times.
        .leftJoin(protectionFlows, eq(protectionFlows.id, table.flow_id))
        .where(where)
        .orderBy(...orderBy)
        .limit(limit),
  })
  const executions = await executionsOf(
    db,
    found.rows.map((row) => row.id),
  )
  return {
    ...found,
    rows: found.rows.map((row) => ({ ...row, execution_id: executions.get(row.id) ?? null })),
  }
}

// A page's executions at once: a join would make two lines of a due time that two executions name.
const executionsOf = async (db: Db, ids: string[]): Promise<Map<string | null, string>> => {
  if (ids.length === 0) return new Map()
  const runs = protectionFlowExecutions
  const rows = await db
    .select({ of: runs.schedule_execution_id, id: runs.id })
    .from(runs)
    .where(inArray(runs.schedule_execution_id, ids))
    .orderBy(runs.created_at)
  return new Map(rows.map((row) => [row.of, row.id]))
}
