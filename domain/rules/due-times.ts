import { momentOf, nextAcrossChange } from './clock-changes.js'
import type { Cron } from './cron.js'
import { wallClock } from './wall-clock.js'
import type { WallClock } from './wall-clock.js'

export { timezoneProblem, wallClock } from './wall-clock.js'

const minuteMs = 60_000
const dayMs = 86_400_000
// 29 February that falls on a given weekday comes every 28 years, and every 40 around 2100.
const searchedDays = 366 * 41

/**
 * The first due time after a moment, exactly as Temporal's schedules have it: a time that the clocks skip does not
 * ring, one that they show twice rings twice west of UTC and once, at the later moment, east of it. Null where there
 * is none within 40 years.
 */
export const nextDue = (cron: Cron, timezone: string, after: Date): Date | null =>
  dueTimes(cron, timezone, after).next().value ?? null

/** The due times in (after, until], oldest first, at most so many. */
export function dueBetween(cron: Cron, timezone: string, span: DueSpan): Date[] {
  const found: Date[] = []
  if (span.most <= 0) return found
  for (const due of dueTimes(cron, timezone, span.after)) {
    if (due > span.until) break
    found.push(due)
    if (found.length === span.most) break
  }
  return found
}

export interface DueSpan {
  readonly after: Date
  readonly until: Date
  readonly most: number
}

/** The latest due time at or before a moment, back to the given one; null where there is none. */
export const latestDue = (cron: Cron, timezone: string, span: Omit<DueSpan, 'most'>): Date | null =>
  newestDue(cron, timezone, { ...span, most: 1 })[0] ?? null

/** The newest due times in (after, until], oldest first, at most so many. */
export function newestDue(cron: Cron, timezone: string, span: DueSpan): Date[] {
  // Backwards in growing steps: most schedules ring within a day.
  for (let back = 3_600_000; ; back *= 8) {
    const from = new Date(Math.max(span.until.getTime() - back, span.after.getTime()))
    const found = dueBetween(cron, timezone, { after: from, until: span.until, most: Infinity })
    if (found.length >= span.most || from.getTime() === span.after.getTime()) return found.slice(-span.most)
  }
}

function* dueTimes(cron: Cron, timezone: string, after: Date): Generator<Date, undefined> {
  const calendars = daysOf(cron)
  const firstDay = Math.floor((wallClock(after, timezone) - dayMs) / dayMs) * dayMs
  let last = after.getTime()
  for (let day = firstDay; day < firstDay + searchedDays * dayMs; day += dayMs) {
    if (!calendars.some((calendar) => isDueDay(calendar, new Date(day)))) continue
    for (const moment of momentsOfDay({ cron, calendars, timezone, day, last })) {
      if (moment <= last) continue
      last = moment
      yield new Date(moment)
    }
  }
  return undefined
}

/** Where either kind of day is due, one expression for each kind. */
const daysOf = (cron: Cron): readonly Cron[] =>
  cron.eitherDay
    ? [
        { ...cron, daysOfWeek: [0, 1, 2, 3, 4, 5, 6] },
        { ...cron, daysOfMonth: Array.from({ length: 31 }, (_, index) => index + 1) },
      ]
    : [cron]

const isDueDay = ({ daysOfMonth, months, daysOfWeek }: Cron, day: Date): boolean =>
  months.includes(day.getUTCMonth() + 1) &&
  daysOfMonth.includes(day.getUTCDate()) &&
  daysOfWeek.includes(day.getUTCDay())

interface DueDay {
  readonly cron: Cron
  readonly calendars: readonly Cron[]
  readonly timezone: string
  readonly day: WallClock
  /** The due time before. */
  readonly last: number
}

function* momentsOfDay({ cron, calendars, timezone, day, last }: DueDay): Generator<number, undefined> {
  const [before, after] = [day - dayMs, day + 2 * dayMs].map(
    (near) => wallClock(new Date(near), timezone) - near,
  )
  // Days without a change of clocks have one offset, and need not be looked at minute by minute.
  if (before !== undefined && before === after)
    for (const hour of cron.hours)
      for (const minute of cron.minutes) yield day + (hour * 60 + minute) * minuteMs - before
  else {
    const [from, until] = [day, day + dayMs].map((wall) => momentOf(wall, timezone))
    for (let at = Math.max(last, (from ?? 0) - 1000); ;) {
      const next = Math.min(...calendars.map((calendar) => nextAcrossChange(calendar, timezone, at)))
      if (!(next < (until ?? 0)) || next <= at) return undefined
      at = next
      yield at
    }
  }
  return undefined
}

/** What the zone's clocks show at a moment and how far they are from UTC: `2026-03-29 03:30`, `+02:00`. */
export function localTime(at: Date, timezone: string): { readonly local: string; readonly offset: string } {
  const wall = wallClock(at, timezone)
  const offset = Math.round((wall - Math.floor(at.getTime() / 1000) * 1000) / minuteMs)
  const two = (value: number): string => String(value).padStart(2, '0')
  const size = Math.abs(offset)
  return {
    local: new Date(wall).toISOString().slice(0, 16).replace('T', ' '),
    offset: `${offset < 0 ? '-' : '+'}${two(Math.floor(size / 60))}:${two(size % 60)}`,
  }
}
