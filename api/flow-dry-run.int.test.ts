import { setTimeout as sleep } from 'node:timers/promises'
import { Client, Connection } from '@temporalio/client'
import { workflowTypes } from '../domain/rules/names.js'
import { holdExclusively } from '../drizzle/testing/exclusive.js'
import { executionRow } from '../drizzle/testing/execution-rows.js'
import { aVm, makeRepository } from '../drizzle/testing/samples.js'
import { recordHistory } from '../workflows/testing/record-history.js'
import { temporalNamespace } from './testing/config.js'
import { temporalAddressOf } from './testing/environment.js'
import { openFlowLab } from './testing/flow-lab.js'
import type { FlowLab } from './testing/flow-lab.js'
import { refusal, startTestWorkers } from './testing/test-worker.js'
import type { Answers } from './testing/test-worker.js'

const room = { total_bytes: 100, used_bytes: 40, free_bytes: 60, reserved_bytes: 0 }
let queues: AsyncDisposable
let lab: FlowLab
let workers: AsyncDisposable
let inspect: Answers['inspect'] = () => room
let vms: Answers['vms'] = () => []
beforeAll(async () => {
  queues = await holdExclusively('the common queues')
  lab = await openFlowLab(process.env)
  const answers: Answers = {
    inspect: (input) => inspect(input),
    vms: () => vms(),
    contentUrl: () => ({ url: '', sizeBytes: 0 }),
  }
  workers = await startTestWorkers(temporalAddressOf(process.env), lab.db, answers, [lab.vm.repositoryId])
}, 600_000)
afterAll(async () => {
  await workers[Symbol.asyncDispose]()
  await lab[Symbol.asyncDispose]()
  await queues[Symbol.asyncDispose]()
}, 60_000)

const asked = async (flow: string) => (await lab.call('POST', `/protection-flows/${flow}/test`)).body
const theVm = () => aVm({ id: lab.vm.context.instance_uuid, name: lab.vm.context.vm_name })

/** With RECORD_HISTORIES=1 the dry run is kept for every later version to replay. */
const keepRun = async (flow: string): Promise<void> => {
  const connection = await Connection.connect({ address: temporalAddressOf(process.env) })
  try {
    const client = new Client({ connection, namespace: temporalNamespace() })
    const run = await foundRun(client, `FlowId = '${flow}' and WorkflowType = '${workflowTypes.testFlow}'`)
    await recordHistory('test-flow', await client.workflow.getHandle(run).fetchHistory())
  } finally {
    await connection.close()
  }
}

/** The server's list follows within a moment. */
const foundRun = async (client: Client, query: string): Promise<string> => {
  for (;;) {
    for await (const { workflowId } of client.workflow.list({ query })) return workflowId
    await sleep(300)
  }
}

test('a flow that would run well is valid, and what was looked at is told', async () => {
  vms = () => [theVm()]
  const schedule = await lab.schedule()
  const flow = await lab.flow({ schedule_id: schedule.id })
  const found = await asked(flow)
  expect(found).toMatchObject({ valid: true, errors: [] })
  const checks = found['checks'] as { name: string; severity: string; detail: string }[]
  const told = (severity: string) =>
    checks.filter((check) => check.severity === severity).map(({ name }) => name)
  expect(told('ok')).toEqual(
    expect.arrayContaining([
      'target',
      'busy',
      'repository',
      expect.stringMatching(/login$/),
      expect.stringMatching(/^VMs on/),
    ]),
  )
  // Nobody serves flow-sync here, so Temporal's schedule is behind: a warning, and no error.
  expect(told('warning')).toEqual(['schedule'])
  await keepRun(flow)
}, 60_000)

test('every problem is told at once, with its remedy', async () => {
  vms = () => [
    { ...theVm(), consolidation_needed: true, change_tracking: { supported: false, enabled: false } },
  ]
  inspect = () => {
    throw refusal('repository-full', 'It needs 9 bytes and has 1')
  }
  const flow = await lab.flow()
  const open = await executionRow(lab.db, flow)
  const found = await asked(flow)
  expect(found).toMatchObject({
    valid: false,
    errors: expect.arrayContaining([expect.stringContaining('consolidated'), 'It needs 9 bytes and has 1']),
    warnings: expect.arrayContaining([
      expect.stringContaining('has no schedule'),
      expect.stringContaining(open),
      expect.stringContaining('change tracking'),
    ]),
  })
  const checks = found['checks'] as { severity: string; remedy: string | null }[]
  expect(checks.filter(({ severity, remedy }) => severity === 'error' && remedy === null)).toEqual([])
}, 60_000)

test('a VM that is gone, an empty group and a repository that nobody serves are errors', async () => {
  vms = () => []
  inspect = () => room
  expect(await asked(await lab.flow())).toMatchObject({ errors: [expect.stringContaining('There is no VM')] })
  const group = await lab.group()
  const unserved = await makeRepository(lab.db)
  const flow = await lab.flow({ target_type: 'group', target_id: group, repository_id: unserved })
  expect(await asked(flow)).toMatchObject({
    valid: false,
    errors: [expect.stringContaining('no VM'), expect.stringContaining('no answer in time')],
  })
  expect((await lab.call('POST', '/protection-flows/flow-none/test')).status).toBe(404)
}, 90_000)
