import { setTimeout as sleep } from 'node:timers/promises'
import { Context } from '@temporalio/activity'
import type { WorkflowHandle } from '@temporalio/client'
import { ApplicationFailure } from '@temporalio/common'
import type { AuditDiskInput, ConcludeAuditInput } from '../activities/steps.js'
import { holdExclusively } from '../drizzle/testing/exclusive.js'
import { openScriptedRuns } from './testing/scripted-steps.js'
import type { ScriptedRuns } from './testing/scripted-steps.js'
import { beating, copiedOf, count, gate, replays, until } from './testing/scripted-tools.js'

jest.setTimeout(60_000)

let queues: AsyncDisposable
let runs: ScriptedRuns
beforeAll(async () => {
  queues = await holdExclusively('the common queues')
  runs = await openScriptedRuns(process.env)
}, 600_000)
afterAll(async () => {
  await runs?.[Symbol.asyncDispose]()
  await queues[Symbol.asyncDispose]()
})

const audit = (handle: WorkflowHandle, scope: string) =>
  handle.executeUpdate<void, [string]>('audit', { args: [scope] })
const pause = (handle: WorkflowHandle) => handle.executeUpdate<void, []>('pause')
const resume = (handle: WorkflowHandle) => handle.executeUpdate<void, []>('resume')
const agrees = { result: 'agrees', detail: '1 of 1 MiB' } as const
const why = (sentence: RegExp | string, type = 'conflict') => ({
  cause: expect.objectContaining({ type, message: expect.stringMatching(sentence) }),
})

test('nobody asked: nothing is audited', async () => {
  const { handle, calls } = await runs.start({})
  await handle.result()
  expect(calls.filter((call) => /audit/i.test(call))).toEqual([])
})

test('asked at the start: every disk is audited after the copies and before the commit', async () => {
  const { handle, calls } = await runs.start({}, { audit: 'sample' })
  await handle.result()
  const after = calls.slice(calls.indexOf('copyDisk'))
  expect(after.slice(0, 6)).toEqual([
    ...['copyDisk', 'copyDisk', 'auditDisk', 'auditDisk', 'concludeAudit', 'commitPoint'],
  ])
  expect(calls).not.toContain('recordAuditRequest')
  await replays(handle)
})

test('asked while it discovers and while it is paused: recorded before the answer, the wider one wins', async () => {
  const discovery = gate()
  const recorded: string[] = []
  const asked: AuditDiskInput[] = []
  let isPaused = false
  const { handle, calls } = await runs.start({
    discoverVm: async () => (await beating(discovery.opened), { vmName: 'vm', drift: [] }),
    copyDisk: async ({ diskId }) => {
      if (!isPaused) await beating(Context.current().cancelled)
      return copiedOf(diskId)
    },
    recordAuditRequest: async ({ scope }) => void recorded.push(scope),
    auditDisk: async (input) => (asked.push(input), agrees),
  })
  await until(() => calls.includes('discoverVm'))
  await audit(handle, 'sample')
  expect(recorded).toEqual(['sample'])
  discovery.open()
  await until(() => count(calls, 'copyDisk') === 2)
  await pause(handle)
  isPaused = true
  await audit(handle, 'all')
  await audit(handle, 'sample')
  expect(recorded).toEqual(['sample', 'all', 'all'])
  await resume(handle)
  await handle.result()
  expect(asked.map(({ diskId, scope }) => `${diskId} ${scope}`).sort()).toEqual(['disk-1 all', 'disk-2 all'])
  await replays(handle)
})

test('a request that comes with the last byte is recorded before anything is read', async () => {
  const [copies, record] = [gate(), gate()]
  const { handle, calls } = await runs.start({
    copyDisk: async ({ diskId }) => (await beating(copies.opened), copiedOf(diskId)),
    recordAuditRequest: () => record.opened,
  })
  await until(() => count(calls, 'copyDisk') === 2)
  const asked = audit(handle, 'sample')
  await until(() => calls.includes('recordAuditRequest'))
  copies.open()
  await sleep(500)
  expect(calls).not.toContain('auditDisk')
  record.open()
  await asked
  await handle.result()
  expect(count(calls, 'auditDisk')).toBe(2)
})

test('while it is audited it cannot be paused or audited; while it commits nothing can be asked', async () => {
  const [reading, commit] = [gate(), gate()]
  const { handle, calls } = await runs.start(
    {
      auditDisk: async () => (await beating(reading.opened), agrees),
      commitPoint: async () => (await beating(commit.opened), { manifestPath: '/m' }),
    },
    { audit: 'all' },
  )
  await until(() => count(calls, 'auditDisk') === 2)
  await expect(pause(handle)).rejects.toMatchObject(
    why(/cannot be paused: its disks are copied, and their audit is under way$/),
  )
  await expect(audit(handle, 'all')).rejects.toMatchObject(why(/it is being audited already$/))
  reading.open()
  await until(() => calls.includes('commitPoint'))
  await expect(audit(handle, 'all')).rejects.toMatchObject(
    why(/cannot be audited: it is already being committed$/),
  )
  commit.open()
  await handle.result()
  const { events } = await handle.fetchHistory()
  expect(events?.filter((event) => event.workflowExecutionUpdateAcceptedEventAttributes)).toEqual([])
})

test('only what can be read can be asked for', async () => {
  const discovery = gate()
  const { handle, calls } = await runs.start({
    discoverVm: async () => (await beating(discovery.opened), { vmName: 'vm', drift: [] }),
  })
  await until(() => calls.includes('discoverVm'))
  await expect(audit(handle, 'toString')).rejects.toMatchObject(why(/reads sample or all/, 'bad-request'))
  discovery.open()
  await handle.result()
  expect(calls).not.toContain('auditDisk')
})

test('cancelled in the middle of its audit: nothing is committed', async () => {
  const { handle, calls } = await runs.start(
    {
      auditDisk: async () => {
        await beating(Context.current().cancelled)
        return agrees
      },
    },
    { audit: 'sample' },
  )
  await until(() => count(calls, 'auditDisk') === 2)
  await handle.cancel()
  await expect(handle.result()).rejects.toMatchObject({ cause: { name: 'CancelledFailure' } })
  expect(calls).toContain('markCancelling')
  expect(calls).not.toContain('commitPoint')
  expect(calls.slice(-6)).toEqual([
    'discardPoint',
    'removeSnapshot',
    'releaseSlots',
    'releasePins',
    'releaseLease',
    'finishBackup',
  ])
  await replays(handle)
})

test('a copy that is not what the snapshot holds: the run fails, and nothing is committed', async () => {
  const outcomes: unknown[] = []
  const { handle, calls } = await runs.start(
    {
      auditDisk: async ({ diskId }) => {
        if (diskId === 'disk-1')
          throw ApplicationFailure.nonRetryable('Hard disk 1: 65536 bytes differ', 'point-damaged')
        return await beating(Context.current().cancelled)
      },
      finishBackup: async (outcome) => void outcomes.push(outcome),
    },
    { audit: 'all' },
  )
  await expect(handle.result()).rejects.toThrow()
  expect(outcomes).toEqual([
    expect.objectContaining({
      status: 'failed',
      error: expect.objectContaining({ code: 'point-damaged', message: 'Hard disk 1: 65536 bytes differ' }),
    }),
  ])
  expect(calls).not.toContain('commitPoint')
  expect(calls).toContain('discardPoint')
})

test('an audit that cannot be told costs a warning, not the point', async () => {
  const concluded: ConcludeAuditInput[] = []
  const { handle, calls } = await runs.start(
    {
      auditDisk: async ({ diskId }) => {
        if (diskId === 'disk-2') throw ApplicationFailure.nonRetryable('It is away', 'source-unreachable')
        return agrees
      },
      concludeAudit: async (input) => (concluded.push(input), { result: 'agrees', detail: '' }),
    },
    { audit: 'sample' },
  )
  await handle.result()
  expect(concluded).toMatchObject([{ failed: [{ diskId: 'disk-2', why: 'It is away' }] }])
  expect(calls).toContain('commitPoint')
  await replays(handle)
})
