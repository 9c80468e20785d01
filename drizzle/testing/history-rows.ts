import { asc, eq, sql } from 'drizzle-orm'
import type { ScheduleExecutionStatus } from '../../domain/schedule.js'
import type { Db } from '../open.js'
import { protectionFlowExecutions as executions } from '../schema/protection-flow-executions.js'
import { protectionFlows } from '../schema/protection-flows.js'
import { scheduleExecutions } from '../schema/schedule-executions.js'

/** The ids of a flow's executions, in their order. */
export const executionsLeft = async (db: Db, flowId: string): Promise<string[]> => {
  const rows = await db
    .select({ id: executions.id })
    .from(executions)
    .where(eq(executions.flow_id, flowId))
    .orderBy(asc(executions.id))
  return rows.map(({ id }) => id)
}

/** The ids of a flow's decided due times, in their order. */
export const dueTimesLeft = async (db: Db, flowId: string): Promise<string[]> => {
  const rows = await db
    .select({ id: scheduleExecutions.id })
    .from(scheduleExecutions)
    .where(eq(scheduleExecutions.flow_id, flowId))
    .orderBy(asc(scheduleExecutions.id))
  return rows.map(({ id }) => id)
}

/** A flow with all its columns, forgotten counts included. */
export const flowRow = async (
  db: Db,
  id: string,
): Promise<typeof protectionFlows.$inferSelect | undefined> => {
  const [row] = await db.select().from(protectionFlows).where(eq(protectionFlows.id, id))
  return row
}

export const setLastExecution = async (db: Db, flowId: string, executionId: string): Promise<void> => {
  await db
    .update(protectionFlows)
    .set({ last_execution_id: executionId })
    .where(eq(protectionFlows.id, flowId))
}

export const setDueTime = async (db: Db, id: string, status: ScheduleExecutionStatus): Promise<void> => {
  await db.update(scheduleExecutions).set({ status }).where(eq(scheduleExecutions.id, id))
}

export const countRows = async (db: Db, table: string): Promise<number> => {
  const [rows] = (await db.execute(sql`select count(*) as n from ${sql.identifier(table)}`)) as unknown as [
    { n: number }[],
  ]
  return Number(rows[0]?.n)
}
