import type { DiskProgress } from '../../drizzle/queries/job-progress.js'
import type { CopyProgress } from '../blocks/copy-meter.js'
import { progressBoard } from './progress-board.js'

const values = (bytesDone: number, bytesRead: number): CopyProgress => ({
  bytesTotal: 100,
  bytesDone,
  bytesRead,
  bytesStored: bytesRead,
  bytesSkipped: bytesDone - bytesRead,
  cursor: bytesDone,
  bottleneck: 'source',
  away: undefined,
})

test('writes the latest values once when a copy ends, with what was read and skipped adding up to what is done', async () => {
  const written: DiskProgress[] = []
  const board = progressBoard(
    async (rows) => void written.push(...rows),
    () => new Date(1_000_000),
  )
  const report = board.report({ jobId: 'job', diskId: 'disk', attemptNo: 3 })
  report.set(values(40, 40))
  report.set(values(100, 60))
  await report[Symbol.asyncDispose]()
  await board[Symbol.asyncDispose]()
  expect(written).toMatchObject([
    {
      job_id: 'job',
      disk_id: 'disk',
      attempt_no: 3,
      bytes_read: 60,
      bytes_skipped: 40,
      samples: [[1000, 60]],
    },
  ])
})

test('a database that is away does not fail the copy', async () => {
  const board = progressBoard(
    () => Promise.reject(new Error('away')),
    () => new Date(),
  )
  const report = board.report({ jobId: 'job', diskId: 'disk', attemptNo: 1 })
  report.set(values(10, 10))
  await expect(report[Symbol.asyncDispose]()).resolves.toBeUndefined()
  await board[Symbol.asyncDispose]()
})

test('what was read behind a slow request already counts as speed', async () => {
  const written: DiskProgress[] = []
  const board = progressBoard(
    async (rows) => void written.push(...rows),
    () => new Date(1_000_000),
  )
  const report = board.report({ jobId: 'job', diskId: 'disk', attemptNo: 1 })
  report.set(values(0, 30))
  await report[Symbol.asyncDispose]()
  await board[Symbol.asyncDispose]()
  expect(written).toMatchObject([{ samples: [[1000, 30]], bytes_per_second: 30 }])
})

/** What is written of a copy that has told these values, one second apart. */
const writtenOf = async (values: readonly CopyProgress[], readBefore = 0): Promise<DiskProgress[]> => {
  jest.useFakeTimers()
  const written: DiskProgress[] = []
  const board = progressBoard(
    async (rows) => void written.push(...rows),
    () => new Date(),
  )
  const report = board.report({ jobId: 'job', diskId: 'disk', attemptNo: 2 }, readBefore)
  for (const one of values) {
    report.set(one)
    await jest.advanceTimersByTimeAsync(1000)
  }
  jest.useRealTimers()
  await board[Symbol.asyncDispose]()
  return written
}
const of = (change: Partial<CopyProgress>): CopyProgress => ({ ...values(0, 0), ...change })

test('holes are no speed, and what is left is expected to be as sparse as what is done', async () => {
  const rows = await writtenOf([
    of({ bytesTotal: 1000, bytesDone: 10, bytesRead: 10 }),
    of({ bytesTotal: 1000, bytesDone: 500, bytesRead: 20 }),
  ])
  expect(rows.at(-1)).toMatchObject({
    bytes_read: 20,
    bytes_skipped: 480,
    bytes_per_second: 10,
    // 500 are left, of which one in 25 will have to be read.
    eta_seconds: 2,
  })
})

test('what an earlier attempt has read is no speed of this one', async () => {
  const rows = await writtenOf([of({ bytesTotal: 1000, bytesDone: 600, bytesRead: 605 })], 600)
  expect(rows.at(-1)).toMatchObject({
    bytes_read: 605,
    bytes_per_second: 5,
    samples: [[expect.any(Number), 5]],
  })
})

test('what is skipped never sways, though reads run ahead of what is done', async () => {
  const rows = await writtenOf([
    of({ bytesTotal: 100, bytesDone: 50, bytesRead: 10 }),
    of({ bytesTotal: 100, bytesDone: 50, bytesRead: 30 }),
    of({ bytesTotal: 100, bytesDone: 100, bytesRead: 60 }),
  ])
  expect([...new Set(rows.map((row) => row.bytes_skipped))]).toEqual([40])
})

test.each([
  { what: 'nothing at all is to be copied', progress: of({ bytesTotal: 0 }) },
  { what: 'nothing has moved yet', progress: of({}) },
  { what: 'all were holes', progress: of({ bytesDone: 100 }) },
  { what: 'an end that was lost made it begin further back', progress: of({ bytesRead: 3 }) },
])('$what: no time left is made of it', async ({ progress }) => {
  const [row] = await writtenOf([progress], 50)
  expect(row).toMatchObject({ eta_seconds: null, bytes_per_second: 0 })
})

test('while an end is away, it is what the copy waits for', async () => {
  const [row] = await writtenOf([of({ bottleneck: 'source', away: 'target' })])
  expect(row).toMatchObject({ bottleneck: 'target' })
})
