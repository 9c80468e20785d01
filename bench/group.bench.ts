import { fileURLToPath } from 'node:url'
import { setTimeout as sleep } from 'node:timers/promises'
import { openRunLab, quietRuntime } from '../activities/catalog/testing/run-lab.js'
import type { RunLab } from '../activities/catalog/testing/run-lab.js'
import { queues, workflowIds, workflowTypes } from '../domain/rules/names.js'
import { executionById, insertPendingExecution } from '../drizzle/queries/executions.js'
import { readableId } from '../drizzle/queries/readable-id.js'
import { addFlow, addGroup, manyVms } from '../dev/testing/many-flows.js'
import { openServices } from '../dev/testing/services.js'
import { watchLanes } from './lanes.js'

/*
 * One flow of a group of thousands of VMs on the memory platform, its backups without disks: how long every history
 * gets, and whether a lane ever stands idle while VMs wait.
 *   npm run bench -- group [vms=5000] [lanes=8]
 */
const say = (line: string): void => void process.stdout.write(`${line}\n`)
const longestHistory = 4096

const main = async (): Promise<void> => {
  const given = new Map(process.argv.slice(2).map((arg) => arg.split('=') as [string, string]))
  const vms = Number(given.get('vms') ?? 5000)
  const lanes = Number(given.get('lanes') ?? 8)
  const root = fileURLToPath(new URL('..', import.meta.url)).replace(/\/$/, '')
  await using services = await openServices(root, false)
  Object.assign(process.env, services.environment)
  const places = {
    SENDENSE_LIMIT_REPOSITORY: '50',
    SENDENSE_LIMIT_DATASTORE: '50',
    SENDENSE_LIMIT_VCENTER: '50',
  }
  quietRuntime()
  await using lab = await openRunLab(process.env, places)
  const target_id = await addGroup(lab.db, await manyVms(lab, vms, 65_536), lanes)
  const flow = {
    target_type: 'group',
    target_id,
    repository_id: lab.repository.id,
    schedule_id: null,
  } as const
  const flowId = await addFlow(lab.db, flow)
  await lab.serve('quick')
  say(`${vms} VMs in one group, ${lanes} lanes`)
  const begun = Date.now()
  const executionId = await execute(lab, flowId)
  const idle = await watchLanes(lab, executionId, lanes)
  const ended = await executionById(lab.db, executionId)
  say(
    `${ended?.status}: ${ended?.jobs_completed} completed, ${ended?.jobs_failed} failed, ${ended?.jobs_skipped} skipped of ${ended?.vms_total} in ${((Date.now() - begun) / 1000).toFixed(0)} s`,
  )
  say(
    `looks ${idle.looks}; lanes idle while VMs waited: ${idle.idle} of ${idle.looks * lanes} (a lane between two VMs counts)`,
  )
  const longest = await longestOf(lab)
  say(`longest history: ${longest.events} events (${longest.workflowId}); must stay under ${longestHistory}`)
  process.exitCode = longest.events < longestHistory && ended?.jobs_completed === vms ? 0 : 1
}

const execute = async (lab: RunLab, flowId: string): Promise<string> => {
  const id = readableId('exec', 'group')
  const workflowId = workflowIds.flow(flowId)
  const created_at = new Date().toISOString()
  const kind = { execution_type: 'manual', backup_type: 'auto', triggered_by: 'bench' } as const
  await insertPendingExecution(lab.db, { id, flow_id: flowId, workflow_id: workflowId, created_at, ...kind })
  await lab.client.workflow.start(workflowTypes.runFlow, {
    workflowId,
    taskQueue: queues.control,
    args: [{ flowId, executionId: id }],
  })
  return id
}

const longestOf = async (lab: RunLab): Promise<{ events: number; workflowId: string }> => {
  // Visibility follows by moments.
  await sleep(5000)
  let longest = { events: 0, workflowId: '' }
  for await (const { historyLength, workflowId } of lab.client.workflow.list())
    if (historyLength > longest.events) longest = { events: historyLength, workflowId }
  return longest
}

await main()
