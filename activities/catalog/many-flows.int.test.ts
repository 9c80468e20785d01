import { setTimeout as sleep } from 'node:timers/promises'
import { queues, workflowIds, workflowTypes } from '../../domain/rules/names.js'
import { executionById, insertPendingExecution } from '../../drizzle/queries/executions.js'
import { holdExclusively } from '../../drizzle/testing/exclusive.js'
import { giveSchedule, itemsByVm, runsNow, unsyncedFlows } from '../../drizzle/testing/many-flows.js'
import { addFlow, addGroup, addSchedule, manyVms, syncFlow } from '../../dev/testing/many-flows.js'
import { openRunLab, quietRuntime } from './testing/run-lab.js'
import type { RunLab } from './testing/run-lab.js'

jest.setTimeout(600_000)

let exclusive: AsyncDisposable
let lab: RunLab
let vms: string[]
beforeAll(async () => {
  exclusive = await holdExclusively('the common queues')
  quietRuntime()
  lab = await openRunLab(process.env, { SENDENSE_LIMIT_REPOSITORY: '20', SENDENSE_LIMIT_DATASTORE: '20' })
  vms = await manyVms(lab, 300, 65_536)
  await lab.serve('quick')
})
afterAll(async () => {
  await lab?.[Symbol.asyncDispose]()
  await exclusive?.[Symbol.asyncDispose]()
})

const until = async (is: () => Promise<boolean>): Promise<void> => {
  while (!(await is())) await sleep(1000)
}

test('fifty flows due in the same minute: fifty executions, none doubled, none lost', async () => {
  const flows: string[] = []
  for (const target_id of vms.slice(0, 50)) {
    const target = { target_type: 'vm', target_id, repository_id: lab.repository.id } as const
    flows.push(await addFlow(lab.db, { ...target, schedule_id: null }))
  }
  const due = new Date(Math.ceil((Date.now() + 15_000) / 60_000) * 60_000)
  const cron = `${due.getUTCMinutes()} ${due.getUTCHours()} ${due.getUTCDate()} ${due.getUTCMonth() + 1} *`
  await giveSchedule(lab.db, await addSchedule(lab.db, cron))
  await Promise.all(flows.map((flow) => syncFlow(lab.client, flow)))
  await until(async () => (await unsyncedFlows(lab.db)) === 0)
  await until(async () => (await runsNow(lab.db)).ended >= 50)
  const { executions, flows: distinct, ended, startedAt } = await runsNow(lab.db)
  expect({ executions, distinct, ended }).toEqual({ executions: 50, distinct: 50, ended: 50 })
  expect(startedAt.every((at) => at >= due)).toBe(true)
})

test('one flow of three hundred VMs: each once, every lane at work, no long history', async () => {
  const lanes = 8
  const target_id = await addGroup(lab.db, vms, lanes)
  const target = {
    target_type: 'group',
    target_id,
    repository_id: lab.repository.id,
    schedule_id: null,
  } as const
  const flow = await addFlow(lab.db, target)
  const id = 'exec-three-hundred'
  const workflowId = workflowIds.flow(flow)
  const kind = { execution_type: 'manual', backup_type: 'auto', triggered_by: 'test' } as const
  const row = { id, flow_id: flow, workflow_id: workflowId, created_at: new Date().toISOString(), ...kind }
  await insertPendingExecution(lab.db, row)
  const args = [{ flowId: flow, executionId: id }]
  const run = await lab.client.workflow.start(workflowTypes.runFlow, {
    workflowId,
    taskQueue: queues.control,
    args,
  })
  await run.result()
  const ended = await executionById(lab.db, id)
  expect(ended).toMatchObject({ status: 'success', jobs_completed: 300, jobs_created: 300, vms_total: 300 })
  const items = await itemsByVm(lab.db, id)
  expect(items.filter(({ completed }) => completed !== 1)).toEqual([])
  expect(new Set(items.map(({ lane }) => lane)).size).toBe(lanes)
  const { historyLength } = await run.describe()
  expect(historyLength).toBeLessThan(200)
})
