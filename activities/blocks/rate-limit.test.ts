import fc from 'fast-check'

import { createRateLimit, takeAll, type RateLimit } from './rate-limit.js'
import { fakeClock } from './testing/fake-clock.js'

const KiB = 1024
const MiB = 1024 * KiB

/** Takes again and again, one at a time, as a copy does; counts what it got. */
const taker = (limits: readonly RateLimit[], bytes: number, signal?: AbortSignal) => {
  const seen = { bytes: 0 }
  const run = async (): Promise<void> => {
    while (signal?.aborted !== true) {
      await takeAll(limits, bytes, signal)
      seen.bytes += bytes
    }
  }
  run().catch(() => undefined)
  return seen
}

test.each([
  { name: 'small takes', rate: 10 * MiB, bytes: 64 * KiB },
  { name: 'takes larger than the bucket', rate: MiB, bytes: MiB },
  { name: 'a rate that is no whole number a ms', rate: 1_234_567, bytes: 100_003 },
])('over ten minutes exactly the rate is granted: $name', async ({ rate, bytes }) => {
  const clock = fakeClock(0, 20)
  const limit = createRateLimit(rate, clock)
  const abort = new AbortController()
  taker([limit], bytes, abort.signal)
  await clock.advance(1000)
  const before = limit.bytesTaken
  await clock.advance(600_000)
  expect(Math.abs(limit.bytesTaken - before - rate * 600)).toBeLessThanOrEqual(bytes + rate * 0.021)
  abort.abort()
})

test('an idle limit saves up a fifth of a second, not more', async () => {
  const clock = fakeClock()
  const limit = createRateLimit(10 * MiB, clock)
  await clock.advance(60_000)
  taker([limit], 64 * KiB)
  await clock.advance(0)
  expect(limit.bytesTaken).toBe(2 * MiB)
})

test('a process that was stopped for an hour does not make up for it', async () => {
  const clock = fakeClock()
  const limit = createRateLimit(10 * MiB, clock)
  taker([limit], 64 * KiB)
  await clock.advance(500)
  const before = limit.bytesTaken
  clock.jump(3_600_000)
  await clock.advance(10)
  expect(limit.bytesTaken - before).toBeLessThanOrEqual(13 * MiB)
})

test('copies with one take outstanding each share equally, whatever their number', async () => {
  const clock = fakeClock()
  const limit = createRateLimit(8 * MiB, clock)
  const seen = Array.from({ length: 5 }, () => taker([limit], 256 * KiB))
  await clock.advance(20_000)
  const got = seen.map(({ bytes }) => bytes)
  expect(Math.max(...got) - Math.min(...got)).toBeLessThanOrEqual(256 * KiB)
  expect(Math.min(...got)).toBeGreaterThan(30 * MiB)
})

test('a higher rate wakes who waits at once, and none lets all go', async () => {
  const clock = fakeClock()
  const limit = createRateLimit(1, clock)
  const granted: number[] = []
  for (const n of [1, 2, 3, 4]) void limit.take(MiB).then(() => granted.push(n))
  await clock.advance(1000)
  expect(granted).toEqual([1])
  limit.set(10 * MiB)
  await clock.advance(350)
  expect(granted).toEqual([1, 2, 3])
  limit.set(undefined)
  await clock.advance(0)
  expect(granted).toEqual([1, 2, 3, 4])
  expect(clock.pending).toBe(0)
  limit.set(MiB)
  expect(limit.bytesPerSecond).toBe(MiB)
})

test('at a rate of 0 nothing moves until there is another', async () => {
  const clock = fakeClock()
  const limit = createRateLimit(0, clock)
  let isGranted = false
  void limit.take(1).then(() => (isGranted = true))
  await clock.advance(86_400_000)
  expect([isGranted, clock.pending]).toEqual([false, 0])
  limit.set(1000)
  await clock.advance(1)
  expect(isGranted).toBe(true)
})

test('a lower rate holds for who waits already', async () => {
  const clock = fakeClock()
  const limit = createRateLimit(100 * MiB, clock)
  taker([limit], MiB)
  await clock.advance(1000)
  limit.set(MiB)
  const before = limit.bytesTaken
  await clock.advance(10_000)
  expect(limit.bytesTaken - before).toBeLessThanOrEqual(11 * MiB)
  expect(limit.bytesTaken - before).toBeGreaterThanOrEqual(9 * MiB)
})

test('one that leaves the line costs the others nothing', async () => {
  const clock = fakeClock()
  const limit = createRateLimit(MiB, clock)
  const abort = new AbortController()
  await limit.take(MiB)
  const leaving = limit.take(100 * MiB, abort.signal)
  let isGranted = false
  void limit.take(64 * KiB).then(() => (isGranted = true))
  abort.abort(new Error('cancelled'))
  await expect(leaving).rejects.toThrow('cancelled')
  await expect(limit.take(1, abort.signal)).rejects.toThrow('cancelled')
  // The first take left 0.8 s of debt.
  await clock.advance(790)
  expect(isGranted).toBe(false)
  await clock.advance(100)
  expect(isGranted).toBe(true)
  expect(limit.bytesTaken).toBe(MiB + 64 * KiB)
})

test('who waits for its own slow limit holds nothing of the wide one', async () => {
  const clock = fakeClock()
  const wide = createRateLimit(10 * MiB, clock)
  const slow = createRateLimit(0, clock)
  taker([slow, wide], MiB)
  const fast = taker([wide], MiB)
  await clock.advance(10_000)
  expect(fast.bytes).toBeGreaterThanOrEqual(99 * MiB)
})

test('each copy keeps every one of its limits, and a slow one does not slow its neighbours', async () => {
  const clock = fakeClock()
  const [all, host] = [createRateLimit(20 * MiB, clock), createRateLimit(6 * MiB, clock)]
  const own = createRateLimit(MiB, clock)
  const [slow, sameHost, free] = [[own, host, all], [host, all], [all]].map((limits) =>
    taker(limits, 256 * KiB),
  )
  await clock.advance(60_000)
  const rates = [slow, sameHost, free].map((seen) => seen!.bytes / 60 / MiB)
  expect(rates[0]).toBeCloseTo(1, 1)
  expect(rates[1]).toBeCloseTo(5, 0)
  expect(rates[2]).toBeCloseTo(14, 0)
})

test('an abort between two limits gives back what the first had granted', async () => {
  const clock = fakeClock()
  const [first, stopped] = [createRateLimit(MiB, clock), createRateLimit(0, clock)]
  const abort = new AbortController()
  const taking = takeAll([first, stopped], MiB, abort.signal)
  await clock.advance(0)
  expect(first.bytesTaken).toBe(MiB)
  abort.abort(new Error('cancelled'))
  await expect(taking).rejects.toThrow('cancelled')
  expect(first.bytesTaken).toBe(0)
  let isGranted = false
  void first.take(100 * KiB).then(() => (isGranted = true))
  await clock.advance(0)
  expect(isGranted).toBe(true)
})

test('for any takes and changes of the rate no window gets more than its rate, and all are served in order', async () => {
  const steps = fc.array(
    fc.oneof(
      fc.record({ take: fc.integer({ min: 1, max: 2 * MiB }) }),
      fc.record({ wait: fc.integer({ min: 1, max: 2000 }) }),
      fc.record({ rate: fc.option(fc.constantFrom(0, 1000, MiB, 50 * MiB), { nil: undefined }) }),
    ),
    { maxLength: 30 },
  )
  await fc.assert(
    fc.asyncProperty(steps, async (all) => {
      const clock = fakeClock()
      const limit = createRateLimit(MiB, clock)
      const granted: number[] = []
      let [asked, budget, rate]: [number, number, number | undefined] = [0, 0.2 * MiB, MiB]
      for (const step of all) {
        if ('take' in step) {
          const n = asked++
          void limit.take(step.take).then(() => granted.push(n))
        } else if ('wait' in step) {
          await clock.advance(step.wait)
          budget += rate === undefined ? Infinity : (rate * step.wait) / 1000
        } else {
          limit.set((rate = step.rate))
          // Leaving a limit or coming from none begins anew with what it may save up.
          budget += rate === undefined ? Infinity : rate * 0.2
        }
        await clock.advance(0)
        // The last take may be larger than what was left: that is its debt.
        expect(limit.bytesTaken).toBeLessThanOrEqual(budget + 2 * MiB)
      }
      limit.set(undefined)
      await clock.advance(0)
      expect(granted).toEqual(Array.from({ length: asked }, (_, n) => n))
      expect(limit.waiting).toBe(0)
    }),
    { numRuns: 60 },
  )
})

test.each([-1, NaN, Infinity])('%d is no rate', (rate) => {
  expect(() => createRateLimit(rate)).toThrow(RangeError)
  expect(() => createRateLimit().set(rate)).toThrow(RangeError)
})
