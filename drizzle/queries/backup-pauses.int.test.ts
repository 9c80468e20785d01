import { openTestDatabase } from '../testing/database.js'
import type { TestDatabase } from '../testing/database.js'
import { planDisks, registerVm, startBackup } from '../testing/samples.js'
import { claimBackup, finishBackup, markCancelling, updateBackup } from './backup-changes.js'
import { disksOfBackup, recordDiskCopied, takeAttempt } from './backup-disks.js'
import { forgetCopies, markPaused, markResumed } from './backup-pauses.js'
import { backupById, openBackups } from './backups.js'
import { progressOf, upsertProgress } from './job-progress.js'

// Making the tables syncs each one to disk: seconds on a loaded machine.
jest.setTimeout(60_000)

let opened: TestDatabase
beforeAll(async () => {
  opened = await openTestDatabase()
})
afterAll(() => opened[Symbol.asyncDispose]())

const now = '2026-05-01T12:00:00.000Z'
const counts = { bytesTotal: 9, bytesRead: 8, bytesStored: 7, bytesSkipped: 1, durationMs: 3 }
const running = async () => {
  const { db } = opened.database
  const vm = await registerVm(db)
  const id = await startBackup(db, vm)
  await claimBackup(db, id, 'run-1', now)
  await planDisks(db, id, vm.disks)
  const disk = vm.disks[0]?.id ?? ''
  const attempt_no = await takeAttempt(db, id, disk)
  await upsertProgress(db, [
    {
      ...{ job_id: id, disk_id: disk, attempt_no, bytes_total: 9, bytes_read: 5, bytes_stored: 4 },
      ...{ bytes_skipped: 0, bytes_per_second: 50, eta_seconds: 3, bottleneck: 'source', samples: [] },
      updated_at: now,
    },
  ])
  return { db, id, disk, attemptNo: attempt_no }
}

test('a paused job is open, and its progress keeps its bytes and stands still', async () => {
  const { db, id } = await running()
  expect(await markPaused(db, id, null)).toBe(true)
  expect(await markPaused(db, id, null)).toBe(true)
  expect((await openBackups(db)).find((row) => row.id === id)?.status).toBe('paused')
  expect((await progressOf(db, [id])).get(id)).toMatchObject({
    bytes_read: 5,
    bytes_per_second: 0,
    eta_seconds: null,
    bottleneck: null,
  })
  expect(await markResumed(db, id)).toBe(true)
  expect((await backupById(db, id))?.status).toBe('running')
})

test('a job that waits for room says why and reserves none; what was said and asked for is gone when it ends', async () => {
  const { db, id } = await running()
  await updateBackup(db, id, { reserved_bytes: 9 }, ['running'])
  await markPaused(db, id, null)
  expect(await backupById(db, id)).toMatchObject({ pause_reason: null, reserved_bytes: 9 })
  await markPaused(db, id, 'Repository nightly is full.')
  const waiting = { status: 'paused', pause_reason: 'Repository nightly is full.', reserved_bytes: 0 }
  expect(await backupById(db, id)).toMatchObject(waiting)
  await markResumed(db, id)
  expect(await backupById(db, id)).toMatchObject({ status: 'running', pause_reason: null })
})

test('a job that is being cancelled, or is over, is neither paused nor resumed', async () => {
  const { db, id } = await running()
  await markCancelling(db, id)
  expect([await markPaused(db, id, null), await markResumed(db, id)]).toEqual([false, false])
  expect((await backupById(db, id))?.status).toBe('cancelling')
  await finishBackup(db, id, { status: 'cancelled', cleanup: 'done', completed_at: now })
  expect([await markPaused(db, id, null), await markResumed(db, id)]).toEqual([false, false])
  const ended = await backupById(db, id)
  await forgetCopies(db, id)
  expect(await backupById(db, id)).toEqual(ended)
})

test('what a job has copied is forgotten with its snapshot and its room; its movers are fenced off', async () => {
  const { db, id, disk, attemptNo } = await running()
  const snapshot = { snapshot_reference: 'snapshot-1', snapshot_taken_at: now, consistency: 'crash' } as const
  await updateBackup(db, id, { ...snapshot, reserved_bytes: 9 }, ['running'])
  await recordDiskCopied(db, { backupId: id, diskId: disk, attemptNo, ...counts })
  await markPaused(db, id, null)
  await forgetCopies(db, id)
  await forgetCopies(db, id)
  expect(await backupById(db, id)).toMatchObject({
    ...{ status: 'paused', snapshot_reference: null, snapshot_taken_at: null, consistency: null },
    reserved_bytes: 0,
  })
  for (const row of await disksOfBackup(db, id))
    expect(row).toMatchObject({ status: 'pending', bytes_total: 0, bytes_read: 0, duration_ms: null })
  expect(await recordDiskCopied(db, { backupId: id, diskId: disk, attemptNo, ...counts })).toBe(false)
  expect((await progressOf(db, [id])).get(id)).toMatchObject({ bytes_total: 0, bytes_read: 0 })
})
