import type { Cron } from './cron.js'

const minuteMs = 60_000
const dayMs = 86_400_000
// 29 February that falls on a given weekday comes every 28 years, and every 40 around 2100.
const searchedDays = 366 * 41

/** A moment on a zone's wall clock, written as if it were UTC. */
type WallClock = number

const formats = new Map<string, Intl.DateTimeFormat>()

/** What is wrong with a zone's name, for whoever typed it; null where nothing is. */
export function timezoneProblem(timezone: string): string | null {
  try {
    formatOf(timezone)
    return null
  } catch {
    return 'is not a time zone that is known here; use a name such as Europe/Berlin or UTC'
  }
}

function formatOf(timezone: string): Intl.DateTimeFormat {
  const known = formats.get(timezone)
  if (known !== undefined) return known
  const made = new Intl.DateTimeFormat('en-US', {
    timeZone: timezone,
    hourCycle: 'h23',
    era: 'short',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  })
  formats.set(timezone, made)
  return made
}

/** What the zone's clocks show. Throws `RangeError` for a zone that is not known. */
export function wallClock(at: Date, timezone: string): WallClock {
  const parts = formatOf(timezone).formatToParts(at)
  const part = (type: Intl.DateTimeFormatPartTypes): number =>
    Number(parts.find((one) => one.type === type)?.value)
  return Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute'), part('second'))
}

/** Every moment at which the clocks show this: none in the gap of a change to summer time, two when it ends. */
function momentsOf(wall: WallClock, timezone: string): number[] {
  const offsets = [wall - dayMs, wall + dayMs].map(
    (near) => wallClock(new Date(near), timezone) - Math.floor(near / 1000) * 1000,
  )
  return [...new Set(offsets)]
    .map((offset) => wall - offset)
    .filter((moment) => wallClock(new Date(moment), timezone) === wall)
    .sort((a, b) => a - b)
}

/**
 * The first due time after a moment, as Temporal's schedules have it: a time that the clocks skip does not ring, one
 * that they show twice rings twice. Null where there is none within 40 years.
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
export function latestDue(cron: Cron, timezone: string, span: Omit<DueSpan, 'most'>): Date | null {
  // Backwards in growing steps: most schedules ring within a day.
  for (let back = 3_600_000; ; back *= 8) {
    const from = new Date(Math.max(span.until.getTime() - back, span.after.getTime()))
    const found = dueBetween(cron, timezone, { after: from, until: span.until, most: Infinity })
    const last = found.at(-1)
    if (last !== undefined) return last
    if (from.getTime() === span.after.getTime()) return null
  }
}

function* dueTimes(cron: Cron, timezone: string, after: Date): Generator<Date, undefined> {
  const firstDay = Math.floor((wallClock(after, timezone) - dayMs) / dayMs) * dayMs
  let last = after.getTime()
  for (let day = firstDay; day < firstDay + searchedDays * dayMs; day += dayMs) {
    if (!isDueDay(cron, new Date(day))) continue
    for (const moment of momentsOfDay(cron, timezone, day)) {
      if (moment <= last) continue
      last = moment
      yield new Date(moment)
    }
  }
  return undefined
}

function isDueDay({ daysOfMonth, months, daysOfWeek, eitherDay }: Cron, day: Date): boolean {
  if (!months.includes(day.getUTCMonth() + 1)) return false
  const byMonth = daysOfMonth.includes(day.getUTCDate())
  const byWeek = daysOfWeek.includes(day.getUTCDay())
  return eitherDay ? byMonth || byWeek : byMonth && byWeek
}

/** Sorted: where clocks go back, a later time on them may come earlier. */
function momentsOfDay({ hours, minutes }: Cron, timezone: string, day: WallClock): number[] {
  const walls = hours.flatMap((hour) => minutes.map((minute) => day + (hour * 60 + minute) * minuteMs))
  // Days without a change of clocks have one offset, and need not be looked at minute by minute.
  const [first, last] = [day - dayMs, day + 2 * dayMs].map(
    (near) => wallClock(new Date(near), timezone) - near,
  )
  if (first !== undefined && first === last) return walls.map((wall) => wall - first)
  return walls.flatMap((wall) => momentsOf(wall, timezone)).sort((a, b) => a - b)
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
