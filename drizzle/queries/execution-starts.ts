import { and, eq, isNull, sql } from 'drizzle-orm'
import type { Flow } from '../../domain/flow.js'
import { inTransaction, matched } from '../open.js'
import type { Db } from '../open.js'
import { protectionFlowExecutions } from '../schema/protection-flow-executions.js'
import { protectionFlows } from '../schema/protection-flows.js'
import { scheduleExecutions } from '../schema/schedule-executions.js'
import { openExecutionsOf } from './execution-lists.js'
import { executionById, insertPendingExecution } from './executions.js'
import type { NewExecution } from './executions.js'
import { lockFlow } from './flows.js'

/** `stands`: the row was there already. */
export type ExecutionBegin =
  | { readonly kind: 'inserted' | 'stands'; readonly flow: Flow }
  | { readonly kind: 'busy'; readonly flow: Flow; readonly executionId: string }
  | { readonly kind: 'no-flow' }

/** Inserts the row of a start while the flow's row is held: one start wins, and none while an execution is open. */
export const beginExecution = (db: Db, row: NewExecution): Promise<ExecutionBegin> =>
  inTransaction(db, async (tx) => {
    const flow = await lockFlow(tx, row.flow_id)
    if (flow === undefined || flow.deleted_at !== null) return { kind: 'no-flow' }
    // The same Idempotency-Key sent again before its run began.
    if ((await executionById(tx, row.id)) !== undefined) return { kind: 'stands', flow }
    const [open] = await openExecutionsOf(tx, flow.id)
    if (open !== undefined) return { kind: 'busy', flow, executionId: open.execution.id }
    await insertPendingExecution(tx, row)
    return { kind: 'inserted', flow }
  })

/** Ends an execution that no run has claimed; false (and nothing done) when one has. Its due time says so, too. */
export const cancelQueuedExecution = (
  db: Db,
  row: { readonly id: string; readonly flow_id: string; readonly schedule_execution_id: string | null },
  reason: string,
): Promise<boolean> =>
  inTransaction(db, async (tx) => {
    const runs = protectionFlowExecutions
    await lockFlow(tx, row.flow_id)
    const cancelled = matched(
      await tx
        .update(runs)
        .set({ status: 'cancelled', error_message: reason, completed_at: new Date().toISOString() })
        .where(and(eq(runs.id, row.id), eq(runs.status, 'pending'), isNull(runs.run_id))),
    )
    if (cancelled !== 1) return false
    if (row.schedule_execution_id !== null)
      await tx
        .update(scheduleExecutions)
        .set({ status: 'skipped', reason })
        .where(
          and(eq(scheduleExecutions.id, row.schedule_execution_id), eq(scheduleExecutions.status, 'queued')),
        )
    const ended = tx
      .select({ total: sql`count(*)` })
      .from(runs)
      .where(
        and(
          eq(runs.flow_id, row.flow_id),
          sql`${runs.status} in ('success', 'warning', 'error', 'cancelled')`,
        ),
      )
    await tx
      .update(protectionFlows)
      .set({ total_executions: sql`(${ended})` })
      .where(eq(protectionFlows.id, row.flow_id))
    return true
  })
