import { percentDone } from './progress.js'

const job = {
  status: 'running' as const,
  progress: null,
  total_bytes: 0,
  bytes_transferred: 0,
  bytes_stored: 0,
  bytes_skipped: 0,
}
const live = {
  bytes_total: 1000,
  bytes_read: 0,
  bytes_stored: 0,
  bytes_skipped: 0,
  bytes_per_second: 0,
  eta_seconds: null,
  bottleneck: null,
  samples: [],
}

test('a backup without a size yet stands at 0', () => expect(percentDone(job)).toBe(0))

test('live values count before the record has any', () =>
  expect(percentDone({ ...job, progress: { ...live, bytes_stored: 300, bytes_skipped: 200 } })).toBe(50))

test('a run that is fully copied but not committed stays under 100', () =>
  expect(percentDone({ ...job, progress: { ...live, bytes_read: 1000 } })).toBe(99))

test('completed is 100, also for a VM whose disks hold nothing', () =>
  expect(percentDone({ ...job, status: 'completed' })).toBe(100))

test('a failed run keeps how far it came', () =>
  expect(percentDone({ ...job, status: 'failed', total_bytes: 400, bytes_transferred: 100 })).toBe(25))
