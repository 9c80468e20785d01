import { and, eq, isNull } from 'drizzle-orm'
import type { Execution } from '../../domain/execution.js'
import { matched } from '../open.js'
import type { Db } from '../open.js'
import { protectionFlowExecutions } from '../schema/protection-flow-executions.js'

export type NewExecution = Pick<
  Execution,
  'id' | 'flow_id' | 'execution_type' | 'backup_type' | 'workflow_id' | 'triggered_by' | 'created_at'
> &
  Partial<Pick<Execution, 'retry_of' | 'schedule_execution_id' | 'nominal_time'>>

/** The row that stands before its run: of the API's start, or queued by a tick. */
export const insertPendingExecution = async (db: Db, row: NewExecution): Promise<void> => {
  await db.insert(protectionFlowExecutions).values({
    ...row,
    status: 'pending',
    jobs_created: 0,
    jobs_completed: 0,
    jobs_failed: 0,
    jobs_skipped: 0,
    jobs_cancelled: 0,
    vms_total: 0,
    vms_processed: 0,
    bytes_transferred: 0,
    warnings: [],
    created_job_ids: [],
  })
}

/** Takes back the row of a refused start; false (and nothing done) when a run has claimed it. */
export const deletePendingExecution = async (db: Db, id: string): Promise<boolean> =>
  matched(
    await db
      .delete(protectionFlowExecutions)
      .where(
        and(
          eq(protectionFlowExecutions.id, id),
          eq(protectionFlowExecutions.status, 'pending'),
          isNull(protectionFlowExecutions.run_id),
        ),
      ),
  ) === 1

export const executionById = async (db: Db, id: string): Promise<Execution | undefined> => {
  const [row] = await db.select().from(protectionFlowExecutions).where(eq(protectionFlowExecutions.id, id))
  return row
}
