import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { Failure } from '../../../domain/failure.js'
import { workflowIds } from '../../../domain/rules/names.js'
import { backupById, listBackups } from '../../../drizzle/queries/backups.js'
import { openBackupsOfExecution } from '../../../drizzle/queries/execution-backups.js'
import { executionById } from '../../../drizzle/queries/executions.js'
import { flowById } from '../../../drizzle/queries/flows.js'
import { stepsOf } from '../../../drizzle/queries/job-steps.js'
import { contextsByName } from '../../../drizzle/queries/vm-contexts.js'
import { holdExclusively } from '../../../drizzle/testing/exclusive.js'
import { addExecution, executionWithItems, makeFlow, makeGroup, startFlow } from '../testing/flow-lab.js'
import { openRunLab, quietRuntime } from '../testing/run-lab.js'
import type { RunLab, RunVm } from '../testing/run-lab.js'

jest.setTimeout(120_000)

let common: AsyncDisposable
let lab: RunLab
beforeAll(async () => {
  quietRuntime()
  common = await holdExclusively('the common queues')
  lab = await openRunLab(process.env)
  await lab.serve()
}, 600_000)
afterAll(async () => {
  await lab?.[Symbol.asyncDispose]()
  await common[Symbol.asyncDispose]()
})
afterEach(() => {
  lab.datacentre.wrapEnd = (end) => end
})

const disk = (): Buffer => randomBytes(128 * 1024)
const addVms = (...names: string[]): Promise<RunVm[]> =>
  Promise.all(names.map((name) => lab.addVm({ name, disks: [disk()], trackingEnabled: true })))
const groupOf = (vms: readonly RunVm[], lanes = 2) =>
  makeGroup(lab.db, { members: vms.map(({ context }) => ({ id: context.id })), lanes })
const flowOf = async (vms: readonly RunVm[], settings: Parameters<typeof makeFlow>[2] = {}, lanes = 2) =>
  makeFlow(
    lab.db,
    { target_type: 'group', target_id: await groupOf(vms, lanes), repository_id: lab.repository.id },
    settings,
  )
const flowRow = async (id: string) => {
  const flow = await flowById(lab.db, id)
  if (flow === undefined) throw new Error(`flow ${id} has no row`)
  return flow
}
const until = async (what: () => Promise<unknown>): Promise<void> => {
  for (const deadline = Date.now() + 60_000; !(await what()); await sleep(100))
    if (Date.now() > deadline) throw new Error('what was waited for never happened')
}
const away = (): Failure =>
  new Failure('source-unreachable', 'The platform is away', { retry: false, remedy: 'Wait.' })

/** Reads of these VMs stand until it is opened. */
const hold = (...names: string[]) => {
  let open = (): void => undefined
  const gate = new Promise<void>((resolve) => (open = resolve))
  const begun = new Set<string>()
  lab.datacentre.wrapEnd = (end, { vm }) => {
    if (!names.includes(vm.name)) return end
    const { readInto: _, ...rest } = end
    return {
      ...rest,
      read: async (...of) => {
        begun.add(vm.name)
        await gate
        return await end.read(...of)
      },
    }
  }
  return { open: () => open(), begun }
}

test('a group is backed up, in lanes, with true counters, records and a log', async () => {
  const vms = await addVms('lane-a', 'lane-b', 'lane-c')
  const flowId = await flowOf(vms)
  const executionId = await addExecution(lab.db, flowId)
  const handle = await startFlow(lab.client, flowId, executionId)
  await handle.result()
  const { execution, items } = await executionWithItems(lab.db, executionId)
  expect(execution).toMatchObject({
    status: 'success',
    run_id: handle.firstExecutionRunId,
    vms_total: 3,
    vms_processed: 3,
    jobs_created: 3,
    jobs_completed: 3,
    jobs_failed: 0,
    bytes_transferred: 3 * 128 * 1024,
    error_message: null,
  })
  expect(items).toMatchObject(
    ['lane-a', 'lane-b', 'lane-c'].map((name) => ({ vm_name: name, status: 'completed', attempts: 1 })),
  )
  expect(execution.created_job_ids).toEqual(items.map((item) => item.backup_id))
  expect(await backupById(lab.db, items[0]?.backup_id ?? '')).toMatchObject({
    status: 'completed',
    flow_id: flowId,
    execution_id: executionId,
    created_by: `flow nightly ${flowId}`,
  })
  expect(await flowRow(flowId)).toMatchObject({
    last_execution_id: executionId,
    last_execution_status: 'success',
    total_executions: 1,
    successful_executions: 1,
    failed_executions: 0,
  })
  const steps = await stepsOf(lab.db, executionId)
  expect(steps.map(({ name }) => name)).toEqual(
    expect.arrayContaining(['planExecution', 'claimItem', 'settleItem']),
  )
  expect(steps.every(({ status }) => status === 'completed')).toBe(true)
})

test('a VM that keeps failing is tried again, then the others make it a warning', async () => {
  const vms = await addVms('good', 'bad')
  const flowId = await flowOf(vms, { max_retries: 1 }, 1)
  const executionId = await addExecution(lab.db, flowId)
  lab.datacentre.wrapEnd = (end, { vm }) => {
    if (vm.name === 'bad') throw away()
    return end
  }
  await (await startFlow(lab.client, flowId, executionId)).result()
  const { execution, items } = await executionWithItems(lab.db, executionId)
  expect(execution).toMatchObject({
    status: 'warning',
    jobs_created: 3,
    jobs_completed: 1,
    jobs_failed: 1,
    error_message: '1 of 2 VMs failed: bad: The platform is away.',
  })
  const bad = items.find((item) => item.vm_name === 'bad')
  expect(bad).toMatchObject({
    status: 'failed',
    attempts: 2,
    error_code: 'source-unreachable',
    reason: 'The platform is away',
  })
  expect(bad?.reasons.map(({ message }) => message)).toEqual([
    'The platform is away (retry 1 of 1 in 1 s)',
    'The platform is away (retry 1 of 1 failed)',
  ])
  expect(new Set(bad?.backup_ids).size).toBe(2)
  // Again, only what failed.
  lab.datacentre.wrapEnd = (end) => end
  const again = await addExecution(lab.db, flowId, { retry_of: executionId })
  await (await startFlow(lab.client, flowId, again)).result()
  const retried = await executionWithItems(lab.db, again)
  expect(retried.execution).toMatchObject({ status: 'success', vms_total: 1 })
  expect(retried.items).toMatchObject([{ vm_name: 'bad', status: 'completed' }])
  expect(await flowRow(flowId)).toMatchObject({
    total_executions: 2,
    successful_executions: 1,
    failed_executions: 0,
  })
})

test('a VM that something else works on is waited for, and backed up once that has ended', async () => {
  const vms = await addVms('shared', 'free')
  const [shared] = vms as [RunVm]
  const { open, begun } = hold('shared')
  const other = await lab.start(lab.input(shared))
  await until(async () => begun.size)
  const flowId = await flowOf(vms)
  const executionId = await addExecution(lab.db, flowId)
  const handle = await startFlow(lab.client, flowId, executionId)
  const waiting = async () =>
    (await executionWithItems(lab.db, executionId)).items.find((item) => item.status === 'waiting')
  await until(waiting)
  expect(await waiting()).toMatchObject({
    vm_name: 'shared',
    attempts: 0,
    backup_ids: [],
    reason: expect.stringMatching(/^Waits: backup-shared-\w+ \(by temporal, to main\) works on it$/),
  })
  open()
  await other.result()
  await handle.result()
  const { execution, items } = await executionWithItems(lab.db, executionId)
  expect(execution).toMatchObject({ status: 'success', jobs_created: 2 })
  expect(items.map(({ attempts, busy_since }) => ({ attempts, busy_since }))).toEqual([
    { attempts: 1, busy_since: null },
    { attempts: 1, busy_since: null },
  ])
})

test('a flow that skips leaves a busy VM to the backup that goes to the same repository', async () => {
  const [vm] = (await addVms('skipped')) as [RunVm]
  const { open, begun } = hold('skipped')
  const other = await lab.start(lab.input(vm))
  await until(async () => begun.size)
  const flowId = await makeFlow(
    lab.db,
    { target_type: 'vm', target_id: vm.context.id, repository_id: lab.repository.id },
    { busy_vm_policy: 'skip' },
  )
  const executionId = await addExecution(lab.db, flowId)
  await (await startFlow(lab.client, flowId, executionId)).result()
  open()
  await other.result()
  const { execution, items } = await executionWithItems(lab.db, executionId)
  expect(execution).toMatchObject({
    status: 'warning',
    jobs_skipped: 1,
    jobs_created: 0,
    created_job_ids: [],
  })
  expect(items).toMatchObject([
    { status: 'skipped', reason: expect.stringContaining('to the same repository already') },
  ])
  expect((await listBackups(lab.db, { vm_context_id: vm.context.id }, { limit: 10 })).rows).toHaveLength(1)
})

test('pause begins no VM and pauses what runs, resume goes on, cancel stops all of it', async () => {
  // Two disks are copied at a time: whatever the first two come to, a pause leaves the third.
  const first = await lab.addVm({ name: 'p-1', disks: [disk(), disk(), disk()], trackingEnabled: true })
  const vms = [first, ...(await addVms('p-2', 'p-3'))]
  const flowId = await flowOf(vms, {}, 1)
  const executionId = await addExecution(lab.db, flowId)
  const { open, begun } = hold('p-1', 'p-2')
  const handle = await startFlow(lab.client, flowId, executionId)
  const update = (name: string, id = executionId) =>
    handle.executeUpdate<void, [string]>(name, { args: [id] })
  await until(async () => begun.has('p-1'))
  await expect(update('pause', 'exec-other')).rejects.toMatchObject({
    cause: { message: 'exec-other cannot be paused: it does not run now' },
  })
  await expect(update('resume')).rejects.toMatchObject({
    cause: { message: `${executionId} cannot be resumed: it is not paused` },
  })
  await update('pause')
  expect(await executionById(lab.db, executionId)).toMatchObject({
    status: 'paused',
    pause_reason: 'It was paused by an operator',
  })
  expect((await flowRow(flowId)).last_execution_status).toBe('paused')
  const statusOf = async (name: string) => {
    const item = (await executionWithItems(lab.db, executionId)).items.find(({ vm_name }) => vm_name === name)
    return (await backupById(lab.db, item?.backup_id ?? ''))?.status
  }
  await until(async () =>
    (await stepsOf(lab.db, executionId)).some(
      ({ name, status }) => name === 'pauseBackups' && status === 'completed',
    ),
  )
  open()
  await until(async () => (await statusOf('p-1')) === 'paused')
  const second = hold('p-2')
  await update('resume')
  await until(async () => (await statusOf('p-1')) === 'completed')
  await until(async () => second.begun.has('p-2'))
  expect(await executionById(lab.db, executionId)).toMatchObject({ status: 'running', pause_reason: null })
  await update('cancel')
  // Opened any earlier, the copy might end before it hears that it is cancelled.
  await handle.result()
  second.open()
  const { execution, items } = await executionWithItems(lab.db, executionId)
  expect(execution).toMatchObject({ status: 'cancelled', jobs_completed: 1, jobs_cancelled: 2 })
  expect(execution.error_message).toMatch(/^The execution was cancelled\./)
  expect(items.map(({ status }) => status)).toEqual(['completed', 'cancelled', 'cancelled'])
  expect(await statusOf('p-2')).toBe('cancelled')
  expect(await statusOf('p-3')).toBeUndefined()
})

test('an empty group is an error that says so, and what is queued is drained, too late ones apart', async () => {
  const group = await makeGroup(lab.db, { members: [] })
  const flowId = await makeFlow(
    lab.db,
    { target_type: 'group', target_id: group, repository_id: lab.repository.id },
    { catchup_limit_minutes: 10 },
  )
  const minutesAgo = (minutes: number) => new Date(Date.now() - minutes * 60_000).toISOString()
  const late = await addExecution(lab.db, flowId, {
    execution_type: 'scheduled',
    nominal_time: minutesAgo(20),
  })
  const first = await addExecution(lab.db, flowId, {
    execution_type: 'scheduled',
    nominal_time: minutesAgo(5),
  })
  const second = await addExecution(lab.db, flowId, {
    execution_type: 'scheduled',
    nominal_time: minutesAgo(3),
  })
  const foreign = await addExecution(lab.db, flowId)
  const handle = await startFlow(lab.client, flowId)
  await handle.result()
  const row = async (id: string) => await executionById(lab.db, id)
  expect(await row(late)).toMatchObject({
    status: 'cancelled',
    error_message: expect.stringContaining('catch-up limit is 10 minutes'),
  })
  const empty = { status: 'error', error_message: `The group group ${group} holds no VM` }
  expect([await row(first), await row(second)]).toMatchObject([empty, empty])
  expect((await row(first))!.completed_at! <= (await row(second))!.started_at!).toBe(true)
  // Somebody else's start is under way.
  expect(await row(foreign)).toMatchObject({ status: 'pending', run_id: null })
  expect(await flowRow(flowId)).toMatchObject({
    total_executions: 3,
    failed_executions: 2,
    last_execution_id: second,
  })
})

test('a run that was started by hand makes its row, and a retried one takes no other', async () => {
  const [vm] = (await addVms('by-hand-flow')) as [RunVm]
  const flowId = await makeFlow(lab.db, {
    target_type: 'vm',
    target_id: vm.context.id,
    repository_id: lab.repository.id,
  })
  await (await startFlow(lab.client, flowId, 'exec-by-hand')).result()
  expect(await executionById(lab.db, 'exec-by-hand')).toMatchObject({
    status: 'success',
    triggered_by: 'temporal',
    execution_type: 'manual',
  })
  expect(workflowIds.flow(flowId)).toBe(`flow:${flowId}`)
})

test("chains end by the flow's own setting", async () => {
  const [vm] = (await addVms('short-chain')) as [RunVm]
  const target = {
    target_type: 'vm',
    target_id: vm.context.id,
    repository_id: lab.repository.id,
  } as const
  const typeOf = async (flowId: string) => {
    const executionId = await addExecution(lab.db, flowId)
    await (await startFlow(lab.client, flowId, executionId)).result()
    const { items } = await executionWithItems(lab.db, executionId)
    return (await backupById(lab.db, items[0]?.backup_id ?? ''))?.backup_type
  }
  const long = await makeFlow(lab.db, target)
  expect([await typeOf(long), await typeOf(long)]).toEqual(['full', 'incremental'])
  expect(await typeOf(await makeFlow(lab.db, target, { full_every_points: 1 }))).toBe('full')
})

test('a group with rules takes up what the platform has new, and what is known where it is away', async () => {
  const [known] = (await addVms('dyn-known')) as [RunVm]
  lab.datacentre.addVm({ name: 'dyn-new', disks: [disk()], trackingEnabled: true })
  lab.datacentre.addVm({ name: 'other-new', disks: [disk()], trackingEnabled: true })
  const rules = {
    name_patterns: ['dyn-*'],
    folders: [],
    power_states: [],
    platform_id: lab.platform.id,
    exclude_name_patterns: [],
    exclude_vm_ids: [],
  }
  const group = await makeGroup(lab.db, { members: [], rules })
  const flowId = await makeFlow(lab.db, {
    target_type: 'group',
    target_id: group,
    repository_id: lab.repository.id,
  })
  lab.datacentre.failNext('listVms', away)
  const first = await addExecution(lab.db, flowId)
  await (await startFlow(lab.client, flowId, first)).result()
  const without = await executionWithItems(lab.db, first)
  expect(without.items).toMatchObject([{ vm_context_id: known.context.id }])
  expect(without.execution).toMatchObject({
    status: 'success',
    warnings: [expect.stringMatching(/could not be asked for new VMs; .*: The platform is away$/)],
  })
  const second = await addExecution(lab.db, flowId)
  await (await startFlow(lab.client, flowId, second)).result()
  const withNew = await executionWithItems(lab.db, second)
  expect(withNew.execution.warnings).toEqual([])
  expect(withNew.execution).toMatchObject({ status: 'success', vms_total: 2 })
  expect(withNew.items.map(({ vm_name }) => vm_name)).toEqual(['dyn-known', 'dyn-new'])
  expect(await contextsByName(lab.db, 'other-new')).toEqual([])
})

test('the sweeper ends an execution whose run was terminated, and wakes a flow that has one queued', async () => {
  const vms = await addVms('swept-a', 'swept-b')
  const flowId = await flowOf(vms, {}, 1)
  const executionId = await addExecution(lab.db, flowId)
  const { open, begun } = hold('swept-a')
  const handle = await startFlow(lab.client, flowId, executionId)
  await until(async () => begun.size)
  await handle.terminate('an engineer pulled the plug')
  const statusOf = async () => (await executionById(lab.db, executionId))?.status
  await lab.sweep()
  // Its backup is still being stopped.
  expect(await statusOf()).toBe('running')
  open()
  await until(async () => (await openBackupsOfExecution(lab.db, executionId)).length === 0)
  const hourAgo = new Date(Date.now() - 3_600_000).toISOString()
  const queued = await addExecution(lab.db, flowId, {
    execution_type: 'scheduled',
    nominal_time: hourAgo,
    created_at: hourAgo,
  })
  await lab.sweep()
  expect((await executionWithItems(lab.db, executionId)).execution).toMatchObject({
    status: 'error',
    error_message: 'The execution was ended from outside: its workflow was terminated or lost',
    jobs_cancelled: 2,
    vms_processed: 2,
  })
  await until(async () => (await executionById(lab.db, queued))?.status === 'success')
})
