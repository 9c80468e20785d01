import { openTestDatabase } from '../testing/database.js'
import type { TestDatabase } from '../testing/database.js'
import { GiB, planDisks, registerVm, startBackup } from '../testing/samples.js'
import { recordDiskCopied, takeAttempt } from './backup-disks.js'
import { progressOf, recentProgress, upsertProgress } from './job-progress.js'
import type { DiskProgress } from './job-progress.js'
import { recordStepEnd, recordStepStart, stepsOf } from './job-steps.js'

// Making the tables syncs each one to disk: seconds on a loaded machine.
jest.setTimeout(60_000)

let opened: TestDatabase
beforeAll(async () => {
  opened = await openTestDatabase()
})
afterAll(() => opened[Symbol.asyncDispose]())

const row = (job: string, disk: string, change: Partial<DiskProgress> = {}): DiskProgress => ({
  job_id: job,
  disk_id: disk,
  attempt_no: 1,
  bytes_total: 100,
  bytes_read: 0,
  bytes_stored: 0,
  bytes_skipped: 0,
  bytes_per_second: 0,
  eta_seconds: null,
  bottleneck: null,
  samples: [],
  updated_at: '2026-05-01T12:00:00.000Z',
  ...change,
})

test('an older attempt never replaces what a newer one wrote, in the same statement as one that may', async () => {
  const { db } = opened.database
  await upsertProgress(db, [
    row('job-1', 'a', { attempt_no: 2, bytes_read: 20, samples: [[7, 5]] }),
    row('job-1', 'b'),
  ])
  await upsertProgress(db, [
    row('job-1', 'a', {
      attempt_no: 1,
      bytes_read: 99,
      bytes_per_second: 9,
      bottleneck: 'target',
      samples: [[8, 9]],
    }),
    row('job-1', 'b', { bytes_read: 30 }),
  ])
  expect((await progressOf(db, ['job-1'])).get('job-1')).toMatchObject({
    bytes_read: 50,
    bytes_per_second: 0,
    bottleneck: null,
    samples: [[7, 5]],
  })
  await upsertProgress(db, [row('job-1', 'a', { attempt_no: 3, bytes_read: 1 })])
  await upsertProgress(db, [row('job-1', 'a', { attempt_no: 2, bytes_read: 77 })])
  expect((await progressOf(db, ['job-1'])).get('job-1')?.bytes_read).toBe(31)
})

test('a job is the sum of its disks: planned, moving and copied', async () => {
  const { db } = opened.database
  const vm = await registerVm(db)
  const id = await startBackup(db, vm)
  await planDisks(db, id, vm.disks)
  const [first, second] = vm.disks.map((disk) => disk.id) as [string, string]
  expect((await progressOf(db, [id])).get(id)).toMatchObject({
    bytes_total: 8 * GiB,
    bytes_read: 0,
    eta_seconds: null,
  })
  const moving = {
    bytes_total: 4 * GiB,
    bytes_read: GiB,
    bytes_skipped: GiB,
    bytes_per_second: GiB / 2,
    eta_seconds: 4,
  }
  await upsertProgress(db, [
    row(id, first, {
      ...moving,
      bottleneck: 'source',
      samples: [
        [10, 3],
        [11, 4],
      ],
    }),
    row(id, second, { bytes_total: 4 * GiB, samples: [[11, 6]] }),
  ])
  expect((await progressOf(db, [id])).get(id)).toEqual({
    bytes_total: 8 * GiB,
    bytes_read: GiB,
    bytes_stored: 0,
    bytes_skipped: GiB,
    bytes_per_second: GiB / 2,
    eta_seconds: 12,
    bottleneck: 'source',
    samples: [
      [10, 3],
      [11, 10],
    ],
  })
  // A sparse disk: its mover expects to read little of what is left.
  await upsertProgress(db, [row(id, first, { ...moving, eta_seconds: 1 })])
  expect((await progressOf(db, [id])).get(id)).toMatchObject({ eta_seconds: 9 })
  const attemptNo = await takeAttempt(db, id, first)
  const copied = {
    bytesTotal: 4 * GiB,
    bytesRead: 3 * GiB,
    bytesStored: GiB,
    bytesSkipped: GiB,
    durationMs: 1,
  }
  await recordDiskCopied(db, { backupId: id, diskId: first, attemptNo, ...copied })
  expect((await progressOf(db, [id])).get(id)).toMatchObject({
    bytes_read: 3 * GiB,
    bytes_per_second: 0,
    eta_seconds: null,
  })
})

test('keeps the last sixty samples of each disk', async () => {
  const { db } = opened.database
  const samples = Array.from({ length: 90 }, (_, second): [number, number] => [second, second])
  await upsertProgress(db, [row('job-60', 'a', { samples })])
  expect((await progressOf(db, ['job-60'])).get('job-60')?.samples).toEqual(samples.slice(30))
})

test('a stream is told of jobs written after its mark, once each', async () => {
  const { db } = opened.database
  await upsertProgress(db, [
    row('job-old', 'a', { updated_at: '2026-06-01T00:00:00.000Z' }),
    row('job-new', 'a', { updated_at: '2026-06-01T00:00:00.001Z' }),
    row('job-new', 'b', { updated_at: '2026-06-01T00:00:00.002Z' }),
  ])
  expect(await recentProgress(db, '2026-06-01T00:00:00.000Z')).toMatchObject([
    { job_id: 'job-new', updated_at: '2026-06-01T00:00:00.002Z', progress: { bytes_total: 200 } },
  ])
})

const step = {
  job_id: 'job-s',
  step_id: '1',
  attempt: 1,
  name: 'take-snapshot',
  summary: 'snapshot of pgtest2',
}
const at = (second: number) => `2026-05-01T12:00:0${second}.000Z`

test('a step’s attempts stand side by side; one begun again begins anew', async () => {
  const { db } = opened.database
  await recordStepStart(db, { ...step, started_at: at(1) })
  const ended = { ...step, status: 'failed', detail: 'the task failed', error_code: 'source-fault' } as const
  await recordStepEnd(db, { ...ended, started_at: at(1), ended_at: at(2) })
  await recordStepStart(db, { ...step, attempt: 2, started_at: at(3) })
  expect(await stepsOf(db, 'job-s')).toMatchObject([
    { attempt: 1, status: 'failed', error_code: 'source-fault', ended_at: at(2) },
    { attempt: 2, status: 'running', ended_at: null },
  ])
  await recordStepStart(db, { ...step, started_at: at(5) })
  expect(await stepsOf(db, 'job-s')).toMatchObject([
    { attempt: 2 },
    { attempt: 1, status: 'running', detail: null, error_code: null, started_at: at(5), ended_at: null },
  ])
})

test('an end whose start was lost still tells the step', async () => {
  const { db } = opened.database
  const end = { ...step, job_id: 'job-lost', status: 'completed', detail: null, error_code: null } as const
  await recordStepEnd(db, { ...end, started_at: at(1), ended_at: at(2) })
  expect(await stepsOf(db, 'job-lost')).toEqual([{ ...end, started_at: at(1), ended_at: at(2) }])
})
