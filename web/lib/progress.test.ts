import { barTone, isCleanupPending, percentDone, recentRate, secondsLeft } from './progress.js'

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

test('what was read and what needed no reading are done, however little of it was stored', () =>
  expect(
    percentDone({ ...job, progress: { ...live, bytes_read: 300, bytes_stored: 10, bytes_skipped: 200 } }),
  ).toBe(50))

test('a run that is fully copied but not committed stays under 100', () =>
  expect(percentDone({ ...job, progress: { ...live, bytes_read: 1000 } })).toBe(99))

test('completed is 100, also for a VM whose disks hold nothing', () =>
  expect(percentDone({ ...job, status: 'completed' })).toBe(100))

test('a failed run keeps how far it came', () =>
  expect(percentDone({ ...job, status: 'failed', total_bytes: 400, bytes_transferred: 100 })).toBe(25))

const burst = [0, 0, 1000, 0, 0, 0, 0, 0, 0, 0, 500, 0].map((rate, second): [number, number] => [
  second,
  rate,
])

test('the speed is that of the last ten seconds, silent ones too', () =>
  expect(recentRate({ ...live, samples: burst })).toBe(150))

test('seconds without a sample count as silent', () =>
  expect(
    recentRate({
      ...live,
      samples: [
        [100, 900],
        [104, 100],
      ],
    }),
  ).toBe(200))

test('without samples the latest value is the speed', () =>
  expect(recentRate({ ...live, bytes_per_second: 7 })).toBe(7))

test.each([
  { name: "the mover's word counts", progress: { eta_seconds: 12, samples: burst }, left: 12 },
  { name: 'else the rest at the recent speed', progress: { bytes_read: 250, samples: burst }, left: 5 },
  { name: 'skipped bytes are done too', progress: { bytes_skipped: 850, samples: burst }, left: 1 },
  {
    name: 'what was read and skipped is done',
    progress: { bytes_read: 350, bytes_skipped: 500, samples: burst },
    left: 1,
  },
  { name: 'what does not move has no end', progress: { bytes_read: 250 }, left: null },
])('time left: $name', ({ progress, left }) => expect(secondsLeft({ ...live, ...progress })).toBe(left))

test.each([
  { status: 'failed' as const, cleanup: 'pending' as const, isPending: true },
  { status: 'cancelled' as const, cleanup: 'pending' as const, isPending: true },
  { status: 'completed' as const, cleanup: 'pending' as const, isPending: true },
  { status: 'running' as const, cleanup: 'pending' as const, isPending: false },
  { status: 'failed' as const, cleanup: 'done' as const, isPending: false },
])('$status with clean-up $cleanup: shown as pending $isPending', ({ isPending, ...run }) =>
  expect(isCleanupPending(run)).toBe(isPending),
)

test('a failed or cancelled bar does not look like one that moves', () =>
  expect(
    (['running', 'failed', 'paused', 'cancelling', 'cancelled', 'completed'] as const).map(barTone),
  ).toEqual(['moving', 'bad', 'stopped', 'stopped', 'stopped', 'good']))
