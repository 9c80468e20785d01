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
      samples: [[1000, 100]],
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
