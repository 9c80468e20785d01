import { randomBytes } from 'node:crypto'
import type { Client } from '@temporalio/client'
import { defaultFlowSettings } from '../../../domain/flow.js'
import type { FlowSettings } from '../../../domain/flow.js'
import type { Execution, ExecutionItem } from '../../../domain/execution.js'
import { queues, workflowIds, workflowTypes } from '../../../domain/rules/names.js'
import type { GroupRules } from '../../../domain/vm-group.js'
import type { Db } from '../../../drizzle/open.js'
import { itemsOf } from '../../../drizzle/queries/execution-items.js'
import { executionById, insertPendingExecution } from '../../../drizzle/queries/executions.js'
import type { NewExecution } from '../../../drizzle/queries/executions.js'
import { insertFlow } from '../../../drizzle/queries/flows.js'
import type { NewFlow } from '../../../drizzle/queries/flows.js'
import { insertGroup, putMembers } from '../../../drizzle/queries/vm-groups.js'

const unique = (): string => randomBytes(4).toString('hex')
const now = (): string => new Date().toISOString()

export interface GroupOfTest {
  /** Ids of VM contexts, each with its priority. */
  readonly members: readonly { readonly id: string; readonly priority?: number }[]
  readonly lanes?: number
  readonly rules?: GroupRules
}

/** A group with these members; returns its id. */
export const makeGroup = async (db: Db, { members, lanes = 2, rules }: GroupOfTest): Promise<string> => {
  const id = `grp-${unique()}`
  await insertGroup(db, {
    id,
    name: `group ${id}`,
    description: null,
    priority: 50,
    max_concurrent_vms: lanes,
    rules: rules ?? null,
    created_by: 'test',
    created_at: now(),
    updated_at: now(),
  })
  await putMembers(
    db,
    members.map((member) => ({
      group_id: id,
      vm_context_id: member.id,
      priority: member.priority ?? 50,
      enabled: true,
      added_at: now(),
    })),
  )
  return id
}

/** A flow that backs up a VM or a group into a repository; returns its id. */
export const makeFlow = async (
  db: Db,
  target: Pick<NewFlow, 'target_type' | 'target_id' | 'repository_id'>,
  settings: Partial<FlowSettings & Pick<NewFlow, 'schedule_id' | 'enabled'>> = {},
): Promise<string> => {
  const id = `flow-${unique()}`
  await insertFlow(db, {
    id,
    name: `nightly ${id}`,
    description: null,
    flow_type: 'backup',
    policy_id: null,
    destination_type: null,
    destination_config: null,
    schedule_id: null,
    enabled: true,
    next_execution_time: null,
    rung_until: null,
    created_by: 'test',
    created_at: now(),
    updated_at: now(),
    ...defaultFlowSettings,
    retry_wait_seconds: 1,
    ...target,
    ...settings,
  })
  return id
}

/** A row that waits for its run, as the API's start or a tick leaves it; returns its id. */
export const addExecution = async (
  db: Db,
  flowId: string,
  change: Partial<NewExecution> = {},
): Promise<string> => {
  const id = `exec-${unique()}`
  await insertPendingExecution(db, {
    id,
    flow_id: flowId,
    execution_type: 'manual',
    backup_type: 'auto',
    workflow_id: workflowIds.flow(flowId),
    triggered_by: 'operator',
    created_at: now(),
    ...change,
  })
  return id
}

/** As the API starts a run. */
export const startFlow = (client: Client, flowId: string, executionId?: string) =>
  client.workflow.start(workflowTypes.runFlow, {
    workflowId: workflowIds.flow(flowId),
    taskQueue: queues.control,
    args: [{ flowId, ...(executionId !== undefined && { executionId }) }],
  })

export interface ExecutionOfTest {
  readonly execution: Execution
  readonly items: readonly ExecutionItem[]
}

export const executionWithItems = async (db: Db, id: string): Promise<ExecutionOfTest> => {
  const execution = await executionById(db, id)
  if (execution === undefined) throw new Error(`execution ${id} has no row`)
  return { execution, items: await itemsOf(db, id) }
}
