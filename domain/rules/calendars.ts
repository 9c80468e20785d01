import type { Cron } from './cron.js'

/** First and last value, both due, and every so many between them. */
export interface CalendarRange {
  readonly start: number
  readonly end: number
  readonly step: number
}

/** Times at which all of these hold, in the form that Temporal's schedules take. Months count from 1, Sunday is 0. */
export interface Calendar {
  readonly minutes: readonly CalendarRange[]
  readonly hours: readonly CalendarRange[]
  readonly daysOfMonth: readonly CalendarRange[]
  readonly months: readonly CalendarRange[]
  readonly daysOfWeek: readonly CalendarRange[]
}

const everyDayOfMonth: readonly CalendarRange[] = [{ start: 1, end: 31, step: 1 }]
const everyDayOfWeek: readonly CalendarRange[] = [{ start: 0, end: 6, step: 1 }]

/**
 * What Temporal is given in the expression's place: it reads "either kind of day" otherwise than cron does, so there
 * each kind has its own calendar.
 */
export function calendarsOf(cron: Cron): Calendar[] {
  const calendar: Calendar = {
    minutes: rangesOf(cron.minutes),
    hours: rangesOf(cron.hours),
    daysOfMonth: rangesOf(cron.daysOfMonth),
    months: rangesOf(cron.months),
    daysOfWeek: rangesOf(cron.daysOfWeek),
  }
  if (!cron.eitherDay) return [calendar]
  return [
    { ...calendar, daysOfWeek: everyDayOfWeek },
    { ...calendar, daysOfMonth: everyDayOfMonth },
  ]
}

/** A sorted list as few ranges: the server shows at most ten a field in its lists. */
export function rangesOf(values: readonly number[]): CalendarRange[] {
  const ranges: CalendarRange[] = []
  for (let from = 0; from < values.length;) {
    const to = lastOfRun(values, from)
    const [start = 0, second = start] = values.slice(from, from + 2)
    const end = values[to] ?? start
    ranges.push({ start, end, step: to === from ? 1 : second - start })
    from = to + 1
  }
  return ranges
}

/** Where the evenly spaced run that begins here ends; two values alone are a run only where they are neighbours. */
function lastOfRun(values: readonly number[], from: number): number {
  const at = (index: number): number => values[index] ?? Number.NaN
  const step = at(from + 1) - at(from)
  let to = from
  while (at(to + 1) - at(to) === step) to++
  return to - from === 1 && step !== 1 ? from : to
}
