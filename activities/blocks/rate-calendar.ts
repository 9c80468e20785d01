import { wallClock, type Clock } from './clock.js'
import { onAbort } from './on-abort.js'
import type { RateLimit } from './rate-limit.js'
import { clockChange, localTime, offsetAt } from './time-zone.js'

export const weekdays = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const
export type Weekday = (typeof weekdays)[number]

export type CalendarRate = number | 'unlimited' | 'stopped'

/** Wall-clock hours of the days they begin on. `to` before `from`: into the next day; the same: 24 hours. */
export interface CalendarEntry {
  readonly days: readonly Weekday[]
  /** HH:MM */
  readonly from: string
  readonly to: string
  readonly bytesPerSecond: CalendarRate
}

/** Of entries that overlap the lowest rate holds, in whatever order they stand: no entry lifts what another forbids. */
export interface RateCalendar {
  readonly timeZone: string
  readonly entries: readonly CalendarEntry[]
  /** When no entry holds. */
  readonly otherwise: CalendarRate
}

const dayMinutes = 1440
const secondMs = 1000
// A weekly hour that the clock skips once comes again two weeks later.
const horizonMs = 16 * 86_400_000
// Also bounds for how long a machine whose clock was set goes by the old time.
const longestWaitMs = 60_000

/** The rate at an instant (ms since 1970). An hour that the clock skips is not there; one that it repeats is twice. */
export const rateAt = ({ timeZone, entries, otherwise }: RateCalendar, instant: number): CalendarRate => {
  const { day, second } = localTime(timeZone, instant)
  const minute = Math.floor(second / 60)
  const rates = entries.filter((entry) => holds(entry, day, minute)).map((entry) => entry.bytesPerSecond)
  return rates.length === 0 ? otherwise : rates.reduce((a, b) => (height(a) <= height(b) ? a : b))
}

/** The first instant after this one at which another rate holds; undefined if none ever does. */
export const nextChangeAt = (calendar: RateCalendar, instant: number): number | undefined => {
  const { timeZone, entries } = calendar
  const now = rateAt(calendar, instant)
  const bounds = [...new Set(entries.flatMap(({ from, to }) => [minuteOf(from), minuteOf(to)]))]
  const end = instant + horizonMs
  for (let at = instant; bounds.length > 0 && at < end;) {
    const local = at + offsetAt(timeZone, at)
    const bound = at + Math.min(...bounds.map((minute) => msUntil(minute, local)))
    at = clockChange(timeZone, at, bound) ?? bound
    if (rateAt(calendar, at) !== now) return at
  }
  return undefined
}

/** Sets the limit by the calendar, now and at each of its changes, until the signal aborts. */
export const followCalendar = (
  limit: Pick<RateLimit, 'set'>,
  calendar: RateCalendar,
  { signal, clock = wallClock }: { readonly signal: AbortSignal; readonly clock?: Clock },
): void => {
  if (signal.aborted) return
  let cancel = (): void => {}
  const follow = (): void => {
    const now = clock.now()
    limit.set(limitOf(rateAt(calendar, now)))
    const next = nextChangeAt(calendar, now) ?? Infinity
    cancel = clock.after(Math.min(next - now, longestWaitMs), follow)
  }
  onAbort(signal, () => cancel())
  follow()
}

const limitOf = (rate: CalendarRate): number | undefined =>
  rate === 'unlimited' ? undefined : rate === 'stopped' ? 0 : rate

const height = (rate: CalendarRate): number => limitOf(rate) ?? Infinity

const holds = ({ days, from, to }: CalendarEntry, day: number, minute: number): boolean => {
  const [start, end] = [minuteOf(from), minuteOf(to)]
  const isOn = (weekday: number): boolean => days.includes(weekdays[weekday % 7]!)
  if (start < end) return isOn(day) && minute >= start && minute < end
  return (isOn(day) && minute >= start) || (isOn(day + 6) && minute < end)
}

const msUntil = (minute: number, local: number): number => {
  const dayMs = dayMinutes * 60 * secondMs
  const passed = ((local % dayMs) + dayMs) % dayMs
  const ahead = minute * 60 * secondMs - passed
  return ahead > 0 ? ahead : ahead + dayMs
}

const minuteOf = (time: string): number => {
  const found = /^([01]\d|2[0-3]):([0-5]\d)$/.exec(time)
  if (found === null) throw new RangeError(`${time} is no time of day like 06:30`)
  return Number(found[1]) * 60 + Number(found[2])
}
