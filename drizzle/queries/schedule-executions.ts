import { and, asc, eq, gte, inArray, lte } from 'drizzle-orm'
import type { Execution } from '../../domain/execution.js'
import { openExecutionStatuses } from '../../domain/execution.js'
import type { ScheduleExecution } from '../../domain/schedule.js'
import type { Flow } from '../../domain/flow.js'
import { inTransaction } from '../open.js'
import type { Db } from '../open.js'
import { protectionFlowExecutions } from '../schema/protection-flow-executions.js'
import { protectionFlows } from '../schema/protection-flows.js'
import { scheduleExecutions } from '../schema/schedule-executions.js'
import { lockFlow } from './flows.js'

/** Holds a flow's row while `work` decides about it; it may run again, so it must do nothing but statements. */
export const whileFlowIsHeld = <Result>(
  db: Db,
  flowId: string,
  work: (tx: Db, flow: Flow) => Promise<Result>,
): Promise<Result | undefined> =>
  inTransaction(db, async (tx) => {
    const flow = await lockFlow(tx, flowId)
    return flow && (await work(tx, flow))
  })

/** What was decided about a due time, and the execution that came of it. */
export interface Decision extends Pick<ScheduleExecution, 'status' | 'reason' | 'created_at'> {
  readonly execution: Pick<Execution, 'id' | 'status'> | null
}

/** Undefined where nobody has decided yet. */
export const decisionAbout = async (
  db: Db,
  flowId: string,
  nominalTime: string,
): Promise<Decision | undefined> => {
  const [row] = await db
    .select({
      status: scheduleExecutions.status,
      reason: scheduleExecutions.reason,
      created_at: scheduleExecutions.created_at,
      execution: { id: protectionFlowExecutions.id, status: protectionFlowExecutions.status },
    })
    .from(scheduleExecutions)
    .leftJoin(
      protectionFlowExecutions,
      eq(protectionFlowExecutions.schedule_execution_id, scheduleExecutions.id),
    )
    .where(and(eq(scheduleExecutions.flow_id, flowId), eq(scheduleExecutions.nominal_time, nominalTime)))
  return row
}

/** Due times within a span, both ends included, about which somebody has decided. */
export const decidedWithin = async (
  db: Db,
  flowId: string,
  span: { readonly from: string; readonly to: string },
): Promise<string[]> => {
  const rows = await db
    .select({ at: scheduleExecutions.nominal_time })
    .from(scheduleExecutions)
    .where(
      and(
        eq(scheduleExecutions.flow_id, flowId),
        gte(scheduleExecutions.nominal_time, span.from),
        lte(scheduleExecutions.nominal_time, span.to),
      ),
    )
  return rows.map((row) => row.at)
}

/** What was decided about a flow's due times at one moment, which is one look at them; oldest due time first. */
export const decidedTogether = (db: Db, flowId: string, decidedAt: string): Promise<ScheduleExecution[]> =>
  db
    .select()
    .from(scheduleExecutions)
    .where(and(eq(scheduleExecutions.flow_id, flowId), eq(scheduleExecutions.created_at, decidedAt)))
    .orderBy(asc(scheduleExecutions.nominal_time))

/** Throws `isDuplicate` where one of the due times is decided already. */
export const insertDecisions = async (db: Db, rows: readonly ScheduleExecution[]): Promise<void> => {
  if (rows.length > 0) await db.insert(scheduleExecutions).values([...rows])
}

/** Executions of a flow that have not ended, in the order in which they were asked for. */
export const openExecutionsOf = async (db: Db, flowId: string): Promise<Pick<Execution, 'id' | 'status'>[]> =>
  db
    .select({ id: protectionFlowExecutions.id, status: protectionFlowExecutions.status })
    .from(protectionFlowExecutions)
    .where(
      and(
        eq(protectionFlowExecutions.flow_id, flowId),
        inArray(protectionFlowExecutions.status, openExecutionStatuses),
      ),
    )
    .orderBy(asc(protectionFlowExecutions.created_at), asc(protectionFlowExecutions.id))

/** Within the transaction that holds the flow's row: what is accounted for, and when it rings next. */
export const recordRing = async (
  tx: Db,
  flowId: string,
  ring: { readonly rung_until: string | null; readonly next_execution_time: string | null },
): Promise<void> => {
  await tx.update(protectionFlows).set(ring).where(eq(protectionFlows.id, flowId))
}
