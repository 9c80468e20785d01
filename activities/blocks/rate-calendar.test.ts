import fc from 'fast-check'

import {
  followCalendar,
  nextChangeAt,
  rateAt,
  weekdays,
  type CalendarEntry,
  type CalendarRate,
  type RateCalendar,
} from './rate-calendar.js'
import { fakeClock } from './testing/fake-clock.js'

const at = (text: string): number => Date.parse(text)
const minuteMs = 60_000
const night: CalendarEntry = { days: ['fri'], from: '22:00', to: '06:00', bytesPerSecond: 'unlimited' }
const berlin = (entries: CalendarEntry[], otherwise: CalendarRate = 1000): RateCalendar => ({
  timeZone: 'Europe/Berlin',
  entries,
  otherwise,
})

test('a window over midnight belongs to the day it begins on', () => {
  const calendar = berlin([night])
  expect(rateAt(calendar, at('2026-11-20T20:59:59Z'))).toBe(1000)
  expect(rateAt(calendar, at('2026-11-20T21:00:00Z'))).toBe('unlimited')
  expect(rateAt(calendar, at('2026-11-21T04:59:59Z'))).toBe('unlimited')
  expect(rateAt(calendar, at('2026-11-21T05:00:00Z'))).toBe(1000)
  expect(nextChangeAt(calendar, at('2026-11-20T21:00:00Z'))).toBe(at('2026-11-21T05:00:00Z'))
})

test('of entries that overlap the lowest rate holds, in whatever order they stand', () => {
  const day = { days: [...weekdays], from: '00:00', to: '00:00' }
  const entries: CalendarEntry[] = [
    { ...day, bytesPerSecond: 'unlimited' },
    { ...day, from: '08:00', to: '18:00', bytesPerSecond: 500 },
    { ...day, from: '12:00', to: '13:00', bytesPerSecond: 'stopped' },
  ]
  for (const calendar of [berlin(entries, 1), berlin([...entries].reverse(), 1)])
    expect(
      ['06:00', '09:00', '12:30', '13:00'].map((time) => rateAt(calendar, at(`2026-11-20T${time}:00+01:00`))),
    ).toEqual(['unlimited', 500, 'stopped', 500])
})

test('an hour that the clock skips is not there; one that it repeats is twice', () => {
  const hour = berlin([{ days: ['sun'], from: '02:00', to: '03:00', bytesPerSecond: 7 }])
  expect(nextChangeAt(hour, at('2026-03-28T12:00:00Z'))).toBe(at('2026-04-05T00:00:00Z'))
  const begins = at('2026-10-25T00:00:00Z')
  expect(nextChangeAt(hour, at('2026-10-24T12:00:00Z'))).toBe(begins)
  expect(nextChangeAt(hour, begins)).toBe(begins + 120 * minuteMs)
})

test('a window that begins in the skipped hour begins when the clock is put forward', () => {
  const calendar = berlin([{ days: ['sun'], from: '02:30', to: '04:00', bytesPerSecond: 7 }])
  expect(nextChangeAt(calendar, at('2026-03-28T12:00:00Z'))).toBe(at('2026-03-29T01:00:00Z'))
})

test('a calendar that never changes says so', () => {
  expect(nextChangeAt(berlin([]), 0)).toBeUndefined()
  expect(nextChangeAt(berlin([{ ...night, bytesPerSecond: 1000 }]), 0)).toBeUndefined()
})

test.each([
  { timeZone: 'Mars/Olympus', from: '10:00' },
  { timeZone: 'UTC', from: '24:00' },
  { timeZone: 'UTC', from: '7:00' },
])('$timeZone $from is refused', ({ timeZone, from }) => {
  const calendar = { timeZone, entries: [{ ...night, from }], otherwise: 1 }
  expect(() => nextChangeAt(calendar, 0)).toThrow(RangeError)
})

/** Every minute of the week that an entry covers; knows nothing of zones, bounds or order. */
const minutesOf = ({ days, from, to }: CalendarEntry): Set<number> => {
  const minute = (time: string): number => +time.slice(0, 2) * 60 + +time.slice(3)
  const length = (minute(to) - minute(from) + 1440) % 1440 || 1440
  return new Set(
    days.flatMap((day) =>
      Array.from({ length }, (_, i) => (weekdays.indexOf(day) * 1440 + minute(from) + i) % 10_080),
    ),
  )
}

const naive = (calendar: RateCalendar) => {
  const covered = calendar.entries.map((entry) => ({ entry, minutes: minutesOf(entry) }))
  const format = new Intl.DateTimeFormat('en-GB', {
    timeZone: calendar.timeZone,
    weekday: 'short',
    hour: '2-digit',
    minute: '2-digit',
  })
  const order = (rate: CalendarRate): number =>
    rate === 'stopped' ? -1 : rate === 'unlimited' ? Infinity : rate
  return (instant: number): CalendarRate => {
    const [, day = '', hour = '', minute = ''] = /^(\w+) (\d+):(\d+)$/.exec(
      format.format(instant).replace(',', ''),
    )!
    const now = weekdays.findIndex((name) => name === day.toLowerCase()) * 1440 + +hour * 60 + +minute
    const rates = covered.filter(({ minutes }) => minutes.has(now)).map(({ entry }) => entry.bytesPerSecond)
    return rates.sort((a, b) => order(a) - order(b))[0] ?? calendar.otherwise
  }
}

test('for any calendar, zone and instant it says what counting minute by minute says', () => {
  const time = fc
    .tuple(fc.integer({ min: 0, max: 23 }), fc.constantFrom(0, 1, 29, 30, 59))
    .map(([hour, minute]) => `${String(hour).padStart(2, '0')}:${String(minute).padStart(2, '0')}`)
  const rate: fc.Arbitrary<CalendarRate> = fc.constantFrom<CalendarRate[]>('unlimited', 'stopped', 1, 2, 3)
  const entry = fc.record({
    days: fc.uniqueArray(fc.constantFrom(...weekdays), { minLength: 1 }),
    from: time,
    to: time,
    bytesPerSecond: rate,
  })
  const zones = [
    'UTC',
    'Europe/Berlin',
    'America/St_Johns',
    'Australia/Lord_Howe',
    'Asia/Kathmandu',
    'Africa/Cairo',
  ]
  const calendar = fc.record({
    timeZone: fc.constantFrom(...zones),
    entries: fc.array(entry, { maxLength: 4 }),
    otherwise: rate,
  })
  // Round the days on which clocks change, and any other.
  const days = [
    '2026-03-28',
    '2026-10-24',
    '2026-03-07',
    '2026-10-31',
    '2026-04-04',
    '2026-10-03',
    '2026-04-23',
    '2026-07-01',
  ]
  const instant = fc
    .tuple(fc.constantFrom(...days), fc.integer({ min: 0, max: 2 * 1440 * minuteMs }))
    .map(([day, ms]) => at(`${day}T00:00:00Z`) + ms)
  fc.assert(
    fc.property(calendar, instant, (all, now) => {
      const model = naive(all)
      const current = model(now)
      expect(rateAt(all, now)).toBe(current)
      const next = nextChangeAt(all, now)
      const days = 2
      let expected: number | undefined
      for (let m = Math.floor(now / minuteMs) + 1; m * minuteMs < now + days * 1440 * minuteMs; m++)
        if (model(m * minuteMs) !== current) {
          expected = m * minuteMs
          break
        }
      if (expected !== undefined) expect(next).toBe(expected)
      else if (next !== undefined) {
        expect(next).toBeGreaterThanOrEqual(now + days * 1440 * minuteMs - minuteMs)
        expect([model(next - minuteMs), model(next)]).toEqual([current, rateAt(all, next)])
        expect(model(next)).not.toBe(current)
      }
    }),
    { numRuns: 150 },
  )
})

test('a limit follows its calendar, and a clock that is set, until it is told to stop', async () => {
  const clock = fakeClock(at('2026-11-20T20:00:00Z'))
  let setForward = 0
  const wall = { now: () => clock.now() + setForward, after: clock.after }
  const abort = new AbortController()
  const rates: (number | undefined)[] = []
  const limit = {
    set: (rate: number | undefined) => void (rates.at(-1) === rate && rates.length ? 0 : rates.push(rate)),
  }
  const stop: CalendarEntry = { days: ['sat'], from: '07:00', to: '08:00', bytesPerSecond: 'stopped' }
  followCalendar(limit, berlin([night, stop]), { clock: wall, signal: abort.signal })
  expect(rates).toEqual([1000])
  await clock.advance(60 * minuteMs - 1)
  expect(rates).toEqual([1000])
  await clock.advance(1)
  expect(rates).toEqual([1000, undefined])
  setForward = 8 * 60 * minuteMs
  await clock.advance(minuteMs)
  expect(rates).toEqual([1000, undefined, 1000])
  await clock.advance(60 * minuteMs)
  expect(rates).toEqual([1000, undefined, 1000, 0])
  abort.abort()
  expect(clock.pending).toBe(0)
})
