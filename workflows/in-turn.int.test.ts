import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { BackupInput } from '../domain/backup.js'
import { queues } from '../domain/rules/names.js'
import { openRunLab } from '../activities/catalog/testing/run-lab.js'
import type { RunLab } from '../activities/catalog/testing/run-lab.js'
import { releaseLease, tryAcquire } from '../drizzle/queries/leases.js'
import { backupById } from '../drizzle/queries/backups.js'
import { stepsOf } from '../drizzle/queries/job-steps.js'
import { listWaiters } from '../drizzle/queries/lease-waiters.js'
import { listSlots } from '../drizzle/queries/slots.js'
import { holdExclusively } from '../drizzle/testing/exclusive.js'
import { bundleWorkflows, quietRuntime, replay } from './testing/replay.js'

jest.setTimeout(180_000)

let common: AsyncDisposable
let lab: RunLab
/** VMs whose disks are being read now, and those that ever were, in the order in which they began. */
const copying = new Set<string>()
const began: string[] = []
const mostAtOnce = { copying: 0 }
let gates = new Map<string, { opened: Promise<void>; open: () => void }>()

beforeAll(async () => {
  quietRuntime()
  common = await holdExclusively('the common queues')
  lab = await openRunLab(process.env, { SENDENSE_LIMIT_REPOSITORY: '1' })
  lab.datacentre.wrapEnd = ({ readInto: _, ...end }, { vm }) => ({
    ...end,
    read: async (...of) => {
      if (!began.includes(vm.name)) began.push(vm.name)
      copying.add(vm.name)
      mostAtOnce.copying = Math.max(mostAtOnce.copying, copying.size)
      try {
        await gateOf(vm.name).opened
        return await end.read(...of)
      } finally {
        copying.delete(vm.name)
      }
    },
  })
  await lab.serve()
}, 600_000)
beforeEach(() => {
  copying.clear()
  began.length = 0
  mostAtOnce.copying = 0
  gates = new Map()
})
afterAll(async () => {
  for (const gate of gates.values()) gate.open()
  await lab?.[Symbol.asyncDispose]()
  await common[Symbol.asyncDispose]()
})

/** Each VM's reads stand until its gate is opened. */
const gateOf = (name: string) => {
  let gate = gates.get(name)
  if (gate === undefined) {
    let open = (): void => undefined
    const opened = new Promise<void>((resolve) => (open = resolve))
    gate = { opened, open: () => open() }
    gates.set(name, gate)
  }
  return gate
}
const until = async (what: () => Promise<unknown>, why: string): Promise<void> => {
  for (const deadline = Date.now() + 90_000; !(await what()); await sleep(100))
    if (Date.now() > deadline) throw new Error(`never happened: ${why}`)
}
const disk = (): Buffer => randomBytes(256 * 1024)

const start = async (name: string) => {
  const input = lab.input(await lab.addVm({ name, disks: [disk()] }))
  const handle = await lab.start(input)
  const ended = handle.result()
  ended.catch(() => undefined)
  return { name, input, handle, ended }
}
type Run = Awaited<ReturnType<typeof start>>
const isCopying = ({ name }: Run) => until(async () => copying.has(name), `${name} is copied`)
const waits = async ({ backupId }: BackupInput, step = 'takeSlots') =>
  (await stepsOf(lab.db, backupId)).filter(({ name }) => name === step)
/** It has looked once and waits in its second step. */
const standsInLine = (run: Run) =>
  until(async () => (await waits(run.input))[1]?.detail, `${run.name} stands in line`)
const statusOf = async ({ input }: Run) => (await backupById(lab.db, input.backupId))?.status
const phaseOf = async ({ handle }: Run): Promise<string> => {
  const { searchAttributes } = (await handle.describe()).raw.workflowExecutionInfo ?? {}
  return Buffer.from(searchAttributes?.indexedFields?.['OpState']?.data ?? []).toString('utf8')
}
const nobodyIsLeft = async () => {
  expect(await listSlots(lab.db)).toEqual([])
  expect(await listWaiters(lab.db)).toEqual([])
}

test('one place in a repository: three that come at once are copied one after the other, in their order', async () => {
  const runs = [await start('first')]
  await isCopying(runs[0]!)
  for (const name of ['second', 'third']) {
    runs.push(await start(name))
    await standsInLine(runs.at(-1)!)
  }
  const [first, second, third] = runs as [Run, Run, Run]
  expect([...copying]).toEqual(['first'])
  expect(await phaseOf(third)).toBe('"waiting"')
  const busy = `repository main has 1 of 1 backups: ${first.handle.workflowId}`
  const line = await waits(third.input)
  expect(line).toMatchObject([
    { status: 'completed', attempt: 1, detail: expect.stringContaining(busy) },
    {
      status: 'running',
      attempt: 1,
      error_code: null,
      ended_at: null,
      detail: `${busy}; before it in line: ${second.handle.workflowId}`,
    },
  ])
  for (const run of runs) {
    await isCopying(run)
    gateOf(run.name).open()
    await run.ended
  }
  expect(began).toEqual(['first', 'second', 'third'])
  expect(mostAtOnce.copying).toBe(1)
  // However often it asked, its wait is one line, and what it copies was discovered after it.
  const steps = await stepsOf(lab.db, third.input.backupId)
  const ours = steps.filter(({ name }) => ['takeSlots', 'discoverVm', 'preFlight'].includes(name))
  expect(ours.map(({ name, attempt, status }) => `${name} ${attempt} ${status}`)).toEqual([
    ...['discoverVm 1 completed', 'takeSlots 1 completed', 'takeSlots 1 completed'],
    ...['discoverVm 1 completed', 'takeSlots 1 completed', 'preFlight 1 completed'],
  ])
  await replay(await bundleWorkflows(), await third.handle.fetchHistory(), third.handle.workflowId)
  await nobodyIsLeft()
})

test('a cancelled waiter leaves at once, and the next one gets its turn', async () => {
  const holder = await start('holder')
  await isCopying(holder)
  const cancelled = await start('cancelled')
  await standsInLine(cancelled)
  const next = await start('next')
  await standsInLine(next)
  await cancelled.handle.cancel()
  await expect(cancelled.ended).rejects.toThrow(/cancel/i)
  // While the holder is still copied: nobody waited for a place in order to leave.
  expect([...copying]).toEqual(['holder'])
  expect(await statusOf(cancelled)).toBe('cancelled')
  expect(await waits(cancelled.input)).toMatchObject([{ status: 'completed' }, { status: 'cancelled' }])
  expect((await listWaiters(lab.db)).map(({ workflowId }) => workflowId)).toEqual([next.handle.workflowId])
  gateOf('holder').open()
  await isCopying(next)
  gateOf('next').open()
  await next.ended
  expect(began).toEqual(['holder', 'next'])
  await nobodyIsLeft()
})

test('a terminated holder’s places go to who waits, without a sweep; its turn in a line, too', async () => {
  const holder = await start('terminated')
  await isCopying(holder)
  const gone = await start('gone')
  await standsInLine(gone)
  const next = await start('heir')
  await standsInLine(next)
  await gone.handle.terminate()
  await holder.handle.terminate()
  await isCopying(next)
  expect((await listSlots(lab.db)).map(({ owner }) => owner.workflowId)).toEqual(
    expect.arrayContaining([next.handle.workflowId]),
  )
  for (const name of ['terminated', 'heir']) gateOf(name).open()
  await next.ended
  await lab.sweep()
  expect([await statusOf(holder), await statusOf(gone)]).toEqual(['failed', 'failed'])
  expect((await waits(gone.input)).at(-1)).toMatchObject({ status: 'cancelled' })
  await nobodyIsLeft()
})

test('the sweeper frees the places of a terminated run that nobody waits for', async () => {
  const run = await start('swept')
  await isCopying(run)
  await run.handle.terminate()
  expect(await listSlots(lab.db)).not.toEqual([])
  gateOf('swept').open()
  await lab.sweep()
  await nobodyIsLeft()
})

test('a VM whose snapshots somebody else works on is waited for, and the run says so', async () => {
  const vm = await lab.addVm({ name: 'shared', disks: [disk()] })
  const input = lab.input(vm)
  gateOf('shared').open()
  // An open run that nobody serves.
  const other = await lab.client.workflow.start('verify-backup', {
    workflowId: `other-${input.backupId}`,
    taskQueue: `nobody-${queues.control}`,
  })
  const resource = `vm:${vm.context.id}`
  const owner = { workflowId: other.workflowId, runId: other.firstExecutionRunId }
  await tryAcquire(lab.db, resource, owner)
  const handle = await lab.start(input)
  await until(async () => (await waits(input, 'takeLease'))[1]?.detail, 'it waits for the VM')
  expect((await waits(input, 'takeLease'))[1]).toMatchObject({
    status: 'running',
    detail: `${resource} is held by ${other.workflowId}`,
  })
  await releaseLease(lab.db, resource, owner)
  await other.terminate()
  await handle.result()
  expect(await backupById(lab.db, input.backupId)).toMatchObject({ status: 'completed', cleanup: 'done' })
  await nobodyIsLeft()
})
