import { setTimeout as sleep } from 'node:timers/promises'
import { Context } from '@temporalio/activity'
import { ApplicationFailure } from '@temporalio/common'
import { holdExclusively } from '../drizzle/testing/exclusive.js'
import { claimed, openScriptedRuns } from './testing/scripted-steps.js'
import type { Script, ScriptedRuns } from './testing/scripted-steps.js'
import { count, replays, until } from './testing/scripted-tools.js'

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

const full = (left_bytes = 300): ApplicationFailure =>
  ApplicationFailure.nonRetryable('Repository nightly is full', 'repository-full', {
    facts: { left_bytes, whole_bytes: 900 },
  })
const notYet = (): ApplicationFailure => ApplicationFailure.retryable('No room yet', 'repository-full')
/** The first disk finds the repository full so many times; the second one copies until it is stopped, once. */
const fullTimes = (times: number): NonNullable<Script['copyDisk']> => {
  let isStopped = false
  return async ({ diskId }) => {
    if (diskId === 'disk-1' && times-- > 0) throw full()
    if (diskId === 'disk-2' && !isStopped) {
      isStopped = true
      const beat = setInterval(() => Context.current().heartbeat(), 50)
      await Context.current().cancelled.finally(() => clearInterval(beat))
    }
    return { diskId, bytesRead: 1, bytesStored: 1, attemptNo: 1 }
  }
}

test('pauses with the reason, looks for what is left, and goes on by itself', async () => {
  const seen: unknown[] = []
  let looks = 0
  const { handle, calls } = await runs.start({
    copyDisk: fullTimes(1),
    markPaused: async ({ reason }) => void seen.push(reason),
    lookForRoom: async ({ neededBytes }) => {
      seen.push(neededBytes)
      if (++looks < 4) throw notYet()
      return { freeBytes: 1000 }
    },
  })
  await expect(handle.result()).resolves.toMatchObject({ bytesRead: 2 })
  expect(seen).toEqual([
    'Repository nightly is full. It goes on by itself when there is room.',
    ...[300, 300, 300, 300],
  ])
  expect(count(calls, 'markResumed')).toBe(1)
  expect(count(calls, 'takeSnapshot')).toBe(1)
  const { events } = await handle.fetchHistory()
  // However often it looked: one event for the wait, one timer before it.
  const scheduled = events?.filter(
    (event) => event.activityTaskScheduledEventAttributes?.activityType?.name === 'lookForRoom',
  )
  expect(scheduled).toHaveLength(1)
  await replays(handle)
})

test('an operator need not wait for room, and a cancel ends the wait', async () => {
  const forever: Script = { copyDisk: fullTimes(2), lookForRoom: () => Promise.reject(notYet()) }
  const { handle, calls } = await runs.start(forever)
  await until(() => calls.includes('lookForRoom'))
  await expect(handle.executeUpdate('pause')).rejects.toMatchObject({
    cause: { message: expect.stringMatching(/it is paused already$/) as string },
  })
  await handle.executeUpdate('resume')
  await until(() => count(calls, 'markPaused') === 2)
  await handle.cancel()
  await expect(handle.result()).rejects.toMatchObject({ cause: { name: 'CancelledFailure' } })
  const undone = calls.filter((call) => /^(discardPoint|removeSnapshot|finishBackup)$/.test(call))
  expect(undone).toEqual(['discardPoint', 'removeSnapshot', 'finishBackup'])
  await replays(handle)
})

test('full while an operator’s pause stops the copies: it waits for the operator, not for room', async () => {
  const reasons: unknown[] = []
  let isFull = true
  const { handle, calls } = await runs.start({
    copyDisk: async ({ diskId }) => {
      if (!isFull) return { diskId, bytesRead: 1, bytesStored: 1, attemptNo: 1 }
      const beat = setInterval(() => Context.current().heartbeat(), 50)
      await Context.current().cancelled.catch(() => clearInterval(beat))
      throw full()
    },
    markPaused: async ({ reason }) => void reasons.push(reason),
  })
  await until(() => count(calls, 'copyDisk') === 2)
  await handle.executeUpdate('pause')
  await sleep(1500)
  expect(reasons).toEqual([null])
  expect(calls).not.toContain('lookForRoom')
  isFull = false
  await handle.executeUpdate('resume')
  await expect(handle.result()).resolves.toMatchObject({ bytesRead: 2 })
})

test('full while the run is being cancelled ends as cancelled', async () => {
  const outcomes: unknown[] = []
  const { handle, calls } = await runs.start({
    copyDisk: async () => {
      const beat = setInterval(() => Context.current().heartbeat(), 50)
      await Context.current().cancelled.catch(() => clearInterval(beat))
      throw full()
    },
    finishBackup: async (outcome) => void outcomes.push(outcome),
  })
  await until(() => count(calls, 'copyDisk') === 2)
  await handle.cancel()
  await expect(handle.result()).rejects.toMatchObject({ cause: { name: 'CancelledFailure' } })
  expect(outcomes).toEqual([expect.objectContaining({ status: 'cancelled', error: null })])
  expect(calls).not.toContain('markPaused')
})

test('over the limit of a pause: the snapshot goes, and it begins anew when all of it fits', async () => {
  const needed: number[] = []
  const warnings: string[] = []
  let isOver = false
  const { handle, calls } = await runs.start({
    claimBackup: async () => ({ ...claimed, pauseMinutes: 0.03 }),
    copyDisk: fullTimes(1),
    forgetCopies: async ({ warning }) => {
      isOver = true
      warnings.push(warning)
    },
    lookForRoom: async ({ neededBytes }) => {
      needed.push(neededBytes)
      if (!isOver) throw notYet()
      return { freeBytes: 1000 }
    },
  })
  await expect(handle.result()).resolves.toMatchObject({ bytesRead: 2 })
  expect(needed.at(0)).toBe(300)
  expect(needed.at(-1)).toBe(900)
  expect(warnings[0]).toMatch(/it begins anew when there is room, or when it is resumed\.$/)
  expect(count(calls, 'takeSnapshot')).toBe(2)
  expect(calls.filter((call) => /^(discardPoint|removeSnapshot)$/.test(call)).slice(0, 2)).toEqual([
    'discardPoint',
    'removeSnapshot',
  ])
  await replays(handle)
})

test('a repository that is too small for good ends the run with what to do', async () => {
  const outcomes: unknown[] = []
  const never = ApplicationFailure.nonRetryable('Repository nightly is too small', 'repository-full', {
    facts: { total_bytes: 5 },
    remedy: 'Add storage.',
  })
  const { handle, calls } = await runs.start({
    copyDisk: () => Promise.reject(never),
    finishBackup: async (outcome) => void outcomes.push(outcome),
  })
  await expect(handle.result()).rejects.toThrow()
  expect(calls).not.toContain('markPaused')
  expect(outcomes).toEqual([
    expect.objectContaining({
      status: 'failed',
      cleanup: 'done',
      error: {
        code: 'repository-full',
        message: 'Repository nightly is too small',
        remedy: 'Add storage.',
      },
    }),
  ])
})
