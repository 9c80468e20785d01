import { setTimeout as sleep } from 'node:timers/promises'
import { Context } from '@temporalio/activity'
import type { WorkflowHandle } from '@temporalio/client'
import { ApplicationFailure } from '@temporalio/common'
import { holdExclusively } from '../drizzle/testing/exclusive.js'
import { claimed, openScriptedRuns } from './testing/scripted-steps.js'
import type { Script, ScriptedRuns } from './testing/scripted-steps.js'
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

const pause = (handle: WorkflowHandle) => handle.executeUpdate<void, []>('pause')
const resume = (handle: WorkflowHandle) => handle.executeUpdate<void, []>('resume')
const cancelled = () => Context.current().cancellationSignal

const stoppable: Script['copyDisk'] = () => beating(Context.current().cancelled)
/** Stands until it is paused, and is quick after that. */
const stopsOnce = (): NonNullable<Script['copyDisk']> => {
  const seen = new Set<string>()
  return async (input) => {
    if (!seen.has(input.diskId)) {
      seen.add(input.diskId)
      await beating(Context.current().cancelled)
    }
    return copiedOf(input.diskId)
  }
}
const away = () => ApplicationFailure.nonRetryable('The platform is away', 'source-unreachable')
const pausedFor = (pauseMinutes: number) => async () => ({ ...claimed, pauseMinutes })
const why = (sentence: RegExp | string) => ({
  cause: expect.objectContaining({ type: 'conflict', message: expect.stringMatching(sentence) }),
})

test('a pause that comes with the last byte hears that the point is being committed, and the run ends well', async () => {
  const { open, opened } = gate()
  const { handle, calls } = await runs.start({
    // Both have read all they had to, and end whatever they are told.
    copyDisk: async ({ diskId }) => {
      await beating(Promise.all([opened, new Promise((resolve) => (cancelled().onabort = resolve))]))
      return copiedOf(diskId)
    },
  })
  await until(() => count(calls, 'copyDisk') === 2)
  const asked = pause(handle)
  asked.catch(() => undefined)
  await sleep(500)
  open()
  await expect(asked).rejects.toMatchObject(why(/cannot be paused: it is already being committed$/))
  await expect(handle.result()).resolves.toMatchObject({ bytesRead: 2 })
  expect(calls).not.toContain('markPaused')
  await replays(handle)
})

test('before the copies begin, and while it commits, nothing can be paused', async () => {
  const [discovery, commit] = [gate(), gate()]
  const { handle, calls } = await runs.start({
    discoverVm: async () => (await beating(discovery.opened), { vmName: 'vm', drift: [] }),
    commitPoint: async () => (await beating(commit.opened), { manifestPath: '/m' }),
  })
  await until(() => calls.includes('discoverVm'))
  await expect(pause(handle)).rejects.toMatchObject(why(/its disks are not being copied yet$/))
  await expect(resume(handle)).rejects.toMatchObject(why(/cannot be resumed: it is not paused$/))
  discovery.open()
  await until(() => calls.includes('commitPoint'))
  await expect(pause(handle)).rejects.toMatchObject(why(/it is already being committed$/))
  // Too late as well: what is being made will stand.
  await handle.cancel()
  await sleep(300)
  commit.open()
  await handle.result()
  expect(calls).not.toContain('markCancelling')
  const { events } = await handle.fetchHistory()
  expect(events?.filter((event) => event.workflowExecutionUpdateAcceptedEventAttributes)).toEqual([])
})

test('a second pause while the first one waits for the copies is refused; what is copied stays copied', async () => {
  const { open, opened } = gate()
  const begun: string[] = []
  const { handle, calls } = await runs.start({
    copyDisk: async ({ diskId }) => {
      begun.push(diskId)
      // The first disk ends in spite of the pause; the second one is slow to let go, once.
      if (diskId === 'disk-1' || begun.filter((id) => id === diskId).length > 1) return copiedOf(diskId)
      await beating(Promise.all([opened, Context.current().cancelled.catch(() => undefined)]))
      throw cancelled().reason
    },
  })
  await until(() => begun.length === 2)
  const first = pause(handle)
  await sleep(300)
  await expect(pause(handle)).rejects.toMatchObject(why(/it is being paused already$/))
  await expect(resume(handle)).rejects.toMatchObject(why(/it is still being paused$/))
  open()
  await first
  expect(calls.at(-1)).toMatch(/markPaused|checkPauseRoom/)
  await resume(handle)
  await expect(handle.result()).resolves.toMatchObject({ bytesRead: 2 })
  expect(begun.filter((id) => id === 'disk-1')).toHaveLength(1)
  expect(count(calls, 'takeSnapshot')).toBe(1)
  await replays(handle)
})

test('copies that break while they are being stopped are paused all the same', async () => {
  let isBroken = true
  const { handle, calls } = await runs.start({
    copyDisk: async ({ diskId }) => {
      if (!isBroken) return copiedOf(diskId)
      await beating(Context.current().cancelled.catch(() => undefined))
      throw new Error('the connection was closed in the middle of a read')
    },
  })
  await until(() => count(calls, 'copyDisk') === 2)
  await pause(handle)
  isBroken = false
  await resume(handle)
  await expect(handle.result()).resolves.toMatchObject({ bytesRead: 2 })
})

test('copies that break while the run is being cancelled end as cancelled', async () => {
  const { handle, calls } = await runs.start({
    copyDisk: async () => {
      await beating(Context.current().cancelled.catch(() => undefined))
      throw new Error('the connection was closed in the middle of a read')
    },
    finishBackup: async ({ status, error }) => void calls.push(`${status}:${String(error)}`),
  })
  await until(() => count(calls, 'copyDisk') === 2)
  await handle.cancel()
  await expect(handle.result()).rejects.toMatchObject({ cause: { name: 'CancelledFailure' } })
  expect(calls.slice(-7)).toEqual([
    'discardPoint',
    'removeSnapshot',
    'releaseSlots',
    'releasePins',
    'releaseLease',
    'finishBackup',
    'cancelled:null',
  ])
})

test('a cancel that the last copies did not hear of is kept: nothing is committed', async () => {
  const { open, opened } = gate()
  const { handle, calls } = await runs.start({
    copyDisk: async ({ diskId }) => (await beating(opened), copiedOf(diskId)),
  })
  await until(() => count(calls, 'copyDisk') === 2)
  await handle.cancel()
  await until(() => calls.includes('markCancelling'))
  await expect(pause(handle)).rejects.toMatchObject(why(/it is being cancelled$/))
  open()
  await expect(handle.result()).rejects.toMatchObject({ cause: { name: 'CancelledFailure' } })
  expect(calls).not.toContain('commitPoint')
})

test('a pause overtaken by a cancel is told so', async () => {
  const { open, opened } = gate()
  const { handle, calls } = await runs.start({
    copyDisk: async () => {
      await beating(opened)
      throw cancelled().reason
    },
  })
  await until(() => count(calls, 'copyDisk') === 2)
  const asked = pause(handle)
  asked.catch(() => undefined)
  await sleep(300)
  await handle.cancel()
  await expect(asked).rejects.toMatchObject(why(/it is being cancelled$/))
  open()
  await expect(handle.result()).rejects.toMatchObject({ cause: { name: 'CancelledFailure' } })
  expect(calls).not.toContain('markPaused')
})

test('cancelled while it is paused, though the platform does not answer', async () => {
  const { open, opened } = gate()
  const { handle, calls } = await runs.start({
    copyDisk: stoppable,
    checkPauseRoom: async () => (await opened, { whyNoRoom: null }),
  })
  await until(() => count(calls, 'copyDisk') === 2)
  await pause(handle)
  await until(() => calls.includes('checkPauseRoom'))
  await handle.cancel()
  await expect(handle.result()).rejects.toMatchObject({ cause: { name: 'CancelledFailure' } })
  open()
  // The room is asked for while the pause is still being written down.
  const beside = ['markCancelling', 'markPaused']
  const ended = calls.slice(calls.indexOf('checkPauseRoom') + 1).filter((call) => !beside.includes(call))
  expect(ended).toEqual([
    'discardPoint',
    'removeSnapshot',
    'releaseSlots',
    'releasePins',
    'releaseLease',
    'finishBackup',
  ])
})

test('a platform that cannot be asked for room does not cost the snapshot', async () => {
  const { handle, calls } = await runs.start({
    copyDisk: stopsOnce(),
    checkPauseRoom: () => Promise.reject(away()),
  })
  await until(() => count(calls, 'copyDisk') === 2)
  await pause(handle)
  await until(() => calls.includes('checkPauseRoom'))
  await sleep(300)
  await resume(handle)
  await handle.result()
  expect(count(calls, 'takeSnapshot')).toBe(1)
  expect(calls).not.toContain('forgetCopies')
})

test('over the limit while the platform is away: tried again at the resume, and nothing begins over what is left', async () => {
  let removals = 0
  const { handle, calls } = await runs.start({
    claimBackup: pausedFor(0.01),
    copyDisk: stopsOnce(),
    removeSnapshot: () => (++removals === 1 ? Promise.reject(away()) : Promise.resolve()),
  })
  await until(() => count(calls, 'copyDisk') === 2)
  await pause(handle)
  await until(() => calls.includes('forgetCopies'))
  const before = calls.length
  await resume(handle)
  await handle.result()
  const after = calls.slice(before).filter((call) => call !== 'checkPauseRoom')
  expect(after.slice(0, 9)).toEqual([
    ...['removeSnapshot', 'markResumed', 'discoverVm', 'takeSlots', 'preFlight', 'enableChangeTracking'],
    ...['addWarning', 'takeSnapshot', 'copyDisk'],
  ])
  expect(count(calls, 'discardPoint')).toBe(1)
  // The places go when the limit is reached, not when the run ends, and are taken anew.
  expect(count(calls.slice(0, before), 'releaseSlots')).toBe(1)
  await replays(handle)
})

test('over the limit while the repository is away: what was copied is forgotten only when its files are gone', async () => {
  let isAway = true
  const { handle, calls } = await runs.start({
    claimBackup: pausedFor(0.01),
    copyDisk: stopsOnce(),
    discardPoint: () => (isAway ? Promise.reject(away()) : Promise.resolve()),
  })
  await until(() => count(calls, 'copyDisk') === 2)
  await pause(handle)
  // The last of what is given up.
  await until(() => calls.includes('releaseSlots'))
  const before = calls.length
  isAway = false
  await resume(handle)
  await handle.result()
  const after = calls.slice(before).filter((call) => call !== 'checkPauseRoom')
  expect(after.slice(0, 4)).toEqual(['discardPoint', 'forgetCopies', 'markResumed', 'discoverVm'])
  expect(count(calls, 'forgetCopies')).toBe(1)
  await replays(handle)
})

test('what cannot be removed by the resume either ends the run, with its cleanup pending', async () => {
  const outcomes: unknown[] = []
  const { handle, calls } = await runs.start({
    claimBackup: pausedFor(0.01),
    copyDisk: stoppable,
    removeSnapshot: () => Promise.reject(away()),
    finishBackup: async (outcome) => void outcomes.push(outcome),
  })
  await until(() => count(calls, 'copyDisk') === 2)
  await pause(handle)
  await until(() => calls.includes('forgetCopies'))
  await expect(resume(handle)).rejects.toMatchObject(why(/it is ending and cleans up$/))
  await expect(handle.result()).rejects.toThrow()
  expect(outcomes).toEqual([
    expect.objectContaining({
      status: 'failed',
      cleanup: 'pending',
      error: expect.objectContaining({ code: 'service-unavailable' }),
    }),
  ])
  expect(count(calls, 'takeSnapshot')).toBe(1)
})
