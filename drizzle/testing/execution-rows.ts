import { randomBytes } from 'node:crypto'
import { eq } from 'drizzle-orm'
import type { Execution, ExecutionItem } from '../../domain/execution.js'
import type { Flow } from '../../domain/flow.js'
import type { ScheduleExecution } from '../../domain/schedule.js'
import type { Db } from '../open.js'
import { insertPendingExecution } from '../queries/executions.js'
import { backupRepositories } from '../schema/backup-repositories.js'
import { flowExecutionItems } from '../schema/flow-execution-items.js'
import { protectionFlowExecutions } from '../schema/protection-flow-executions.js'
import { protectionFlows } from '../schema/protection-flows.js'
import { scheduleExecutions } from '../schema/schedule-executions.js'

const unique = (): string => randomBytes(4).toString('hex')

/** An execution of a flow as a run would leave it; pending unless `change` says else. Returns its id. */
export const executionRow = async (
  db: Db,
  flowId: string,
  change: Partial<Execution> = {},
): Promise<string> => {
  const id = change.id ?? `exec-${unique()}`
  await insertPendingExecution(db, {
    id,
    flow_id: flowId,
    execution_type: 'manual',
    backup_type: 'auto',
    workflow_id: `flow:${flowId}`,
    triggered_by: 'operator',
    created_at: new Date().toISOString(),
  })
  if (Object.keys(change).length > 0) await setExecution(db, id, change)
  return id
}

export const setExecution = async (db: Db, id: string, change: Partial<Execution>): Promise<void> => {
  await db.update(protectionFlowExecutions).set(change).where(eq(protectionFlowExecutions.id, id))
}

export const setFlow = async (db: Db, id: string, change: Partial<Flow>): Promise<void> => {
  await db.update(protectionFlows).set(change).where(eq(protectionFlows.id, id))
}

/** Deleted ones too. */
export const listFlowIds = async (db: Db): Promise<string[]> =>
  (await db.select({ id: protectionFlows.id }).from(protectionFlows)).map((row) => row.id)

export const switchRepository = async (db: Db, id: number, enabled: boolean): Promise<void> => {
  await db.update(backupRepositories).set({ enabled }).where(eq(backupRepositories.id, id))
}

export const itemRow = async (
  db: Db,
  executionId: string,
  change: Pick<ExecutionItem, 'position'> & Partial<ExecutionItem>,
): Promise<void> => {
  await db.insert(flowExecutionItems).values({
    execution_id: executionId,
    vm_context_id: `ctx-${unique()}`,
    vm_name: `vm-${change.position}`,
    priority: 50,
    status: 'pending',
    attempts: 0,
    backup_ids: [],
    reasons: [],
    bytes_transferred: 0,
    ...change,
  })
}

export const dueTimeRow = async (
  db: Db,
  flowId: string,
  change: Partial<ScheduleExecution> = {},
): Promise<string> => {
  const id = `ring-${unique()}`
  const now = new Date().toISOString()
  await db
    .insert(scheduleExecutions)
    .values({ id, flow_id: flowId, nominal_time: now, status: 'queued', created_at: now, ...change })
  return id
}

export const dueTimeById = async (db: Db, id: string): Promise<ScheduleExecution | undefined> => {
  const [row] = await db.select().from(scheduleExecutions).where(eq(scheduleExecutions.id, id))
  return row
}
