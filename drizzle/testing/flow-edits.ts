import { eq, sql } from 'drizzle-orm'
import type { Execution } from '../../domain/execution.js'
import type { Schedule, ScheduleExecution } from '../../domain/schedule.js'
import { inTransaction } from '../open.js'
import type { Db } from '../open.js'
import { lockFlow } from '../queries/flows.js'
import { protectionFlowExecutions } from '../schema/protection-flow-executions.js'
import { protectionFlows } from '../schema/protection-flows.js'
import { replicationSchedules } from '../schema/replication-schedules.js'
import { scheduleExecutions } from '../schema/schedule-executions.js'

/** What was decided about a flow's due times, oldest first. */
export const decisionsOf = (db: Db, flowId: string): Promise<ScheduleExecution[]> =>
  db
    .select()
    .from(scheduleExecutions)
    .where(eq(scheduleExecutions.flow_id, flowId))
    .orderBy(scheduleExecutions.nominal_time)

export const executionsOf = (db: Db, flowId: string): Promise<Execution[]> =>
  db
    .select()
    .from(protectionFlowExecutions)
    .where(eq(protectionFlowExecutions.flow_id, flowId))
    .orderBy(protectionFlowExecutions.created_at)

/** An edit of a flow: its row under its lock; nothing where it was deleted. */
export const editFlow = (db: Db, flowId: string, set: object): Promise<void> =>
  inTransaction(db, async (tx) => {
    const flow = await lockFlow(tx, flowId)
    if (flow?.deleted_at !== null) return
    await tx
      .update(protectionFlows)
      .set({ ...set, version: flow.version + 1 })
      .where(eq(protectionFlows.id, flowId))
  })

/** An edit of a schedule, which all its flows must follow. */
export const editSchedule = (db: Db, id: string, set: Partial<Schedule>): Promise<void> =>
  inTransaction(db, async (tx) => {
    await tx
      .update(protectionFlows)
      .set({ version: sql`${protectionFlows.version} + 1` })
      .where(eq(protectionFlows.schedule_id, id))
    await tx.update(replicationSchedules).set(set).where(eq(replicationSchedules.id, id))
  })
