import type { Client } from '@temporalio/client'
import type { RunLab } from '../../activities/catalog/testing/run-lab.js'
import { defaultFlowSettings } from '../../domain/flow.js'
import type { Flow } from '../../domain/flow.js'
import { queues, workflowIds, workflowTypes } from '../../domain/rules/names.js'
import type { Schedule } from '../../domain/schedule.js'
import type { Db } from '../../drizzle/open.js'
import { insertFlow } from '../../drizzle/queries/flows.js'
import { readableId } from '../../drizzle/queries/readable-id.js'
import { insertSchedule } from '../../drizzle/queries/schedules.js'
import { insertGroup, putMembers } from '../../drizzle/queries/vm-groups.js'
import { signals } from '../../workflows/messages.js'

/** Makes many VMs, flows and schedules straight in the database, as the API leaves them. */
const by = 'many-flows'
const stamps = (): { created_by: string; created_at: string; updated_at: string } => {
  const at = new Date().toISOString()
  return { created_by: by, created_at: at, updated_at: at }
}

/** Runs `work` for 0 … count-1, so many at a time. */
export const inBatches = async (
  count: number,
  atOnce: number,
  work: (index: number) => Promise<unknown>,
): Promise<void> => {
  for (let from = 0; from < count; from += atOnce)
    await Promise.all(
      Array.from({ length: Math.min(atOnce, count - from) }, (_, index) => work(from + index)),
    )
}

/** The ids of so many VMs with one disk of `diskBytes` of zeros; eight hosts, one datastore. */
export const manyVms = async (lab: RunLab, count: number, diskBytes: number): Promise<string[]> => {
  const ids: string[] = []
  await inBatches(count, 10, async (index) => {
    const name = `vm-${String(index).padStart(5, '0')}`
    const { context } = await lab.addVm({ name, disks: [diskBytes], host: `host-${index % 8}` })
    ids.push(context.id)
  })
  return ids.sort()
}

export const addSchedule = async (db: Db, cron: string, change: Partial<Schedule> = {}): Promise<string> => {
  const id = readableId('sched', cron)
  await insertSchedule(db, {
    id,
    name: id,
    description: null,
    cron_expression: cron,
    timezone: 'UTC',
    jitter_seconds: 0,
    enabled: true,
    ...stamps(),
    ...change,
  })
  return id
}

export const addGroup = async (
  db: Db,
  vmContextIds: readonly string[],
  maxConcurrent: number,
): Promise<string> => {
  const id = readableId('grp', 'many')
  const group = { id, name: id, description: null, priority: 50, rules: null }
  await insertGroup(db, { ...group, max_concurrent_vms: maxConcurrent, ...stamps() })
  const added_at = new Date().toISOString()
  await inBatches(Math.ceil(vmContextIds.length / 500), 1, (page) =>
    putMembers(
      db,
      vmContextIds
        .slice(page * 500, page * 500 + 500)
        .map((vm_context_id) => ({ group_id: id, vm_context_id, priority: 50, enabled: true, added_at })),
    ),
  )
  return id
}

/** An enabled backup flow that Temporal does not know yet. */
export const addFlow = async (
  db: Db,
  flow: Pick<Flow, 'target_type' | 'target_id' | 'repository_id' | 'schedule_id'> & Partial<Flow>,
): Promise<string> => {
  const id = readableId('flow', flow.target_id)
  await insertFlow(db, {
    ...defaultFlowSettings,
    id,
    name: id,
    description: null,
    flow_type: 'backup',
    policy_id: null,
    destination_type: null,
    destination_config: null,
    enabled: true,
    next_execution_time: null,
    rung_until: new Date().toISOString(),
    ...stamps(),
    ...flow,
  })
  return id
}

/** What the API does after each change. */
export const syncFlow = (client: Client, flowId: string): Promise<unknown> =>
  client.workflow.signalWithStart(workflowTypes.flowSync, {
    workflowId: workflowIds.flowSync(flowId),
    taskQueue: queues.control,
    args: [{ flowId }],
    signal: signals.wake,
    signalArgs: [],
  })
