import type { Flow } from '../../domain/flow.js'
import { whyRetried } from '../../domain/rules/execution-actions.js'
import type { LatestRetry } from '../../domain/rules/execution-actions.js'
import { inTransaction } from '../open.js'
import type { Db } from '../open.js'
import { dropQueuedExecution, recountFlow } from './execution-changes.js'
import { openExecutionsOf, retryOf } from './execution-lists.js'
import { executionById, insertPendingExecution } from './executions.js'
import type { NewExecution } from './executions.js'
import { lockFlow } from './flows.js'

/** `stands`: the row was there already. */
export type ExecutionBegin =
  | { readonly kind: 'inserted' | 'stands'; readonly flow: Flow }
  | { readonly kind: 'busy'; readonly flow: Flow; readonly executionId: string }
  | { readonly kind: 'retried'; readonly retry: LatestRetry }
  | { readonly kind: 'no-flow' }

/**
 * Inserts the row of a start while the flow's row is held: one start wins, none while an execution is open, and no
 * second retry of what a first one took up.
 */
export const beginExecution = (db: Db, row: NewExecution): Promise<ExecutionBegin> =>
  inTransaction(db, async (tx) => {
    const flow = await lockFlow(tx, row.flow_id)
    if (flow === undefined || flow.deleted_at !== null) return { kind: 'no-flow' }
    // The same Idempotency-Key sent again before its run began.
    if ((await executionById(tx, row.id)) !== undefined) return { kind: 'stands', flow }
    const retry = row.retry_of == null ? null : await retryOf(tx, row.retry_of)
    if (retry !== null && whyRetried(retry) !== null) return { kind: 'retried', retry }
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
    await lockFlow(tx, row.flow_id)
    const drop = { dueTime: 'skipped', reason, at: new Date().toISOString() } as const
    if (!(await dropQueuedExecution(tx, row, drop))) return false
    await recountFlow(tx, row.flow_id)
    return true
  })
