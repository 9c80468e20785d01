import { parseCron } from './cron.js'
import type { Cron } from './cron.js'

const monthNames = [
  ...['January', 'February', 'March', 'April', 'May', 'June', 'July'],
  ...['August', 'September', 'October', 'November', 'December'],
]
const dayNames = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday']

/** A cron expression for people: `daily at 02:00`, `at 02:30 on Mondays and Fridays`. A bad one is given back. */
export function cronInWords(expression: string): string {
  const { cron } = parseCron(expression)
  if (cron === null) return expression
  const times = timesInWords(cron)
  const days = daysInWords(cron)
  const when = [days, monthsInWords(cron)].filter((part) => part !== '').join(' ')
  if (when !== '') return `${times} ${when}`
  return /^at \d\d:/.test(times) ? `daily ${times}` : times
}

const mostTimesNamed = 4

function timesInWords({ minutes, hours }: Cron): string {
  const [minute = 0] = minutes
  const often = paceInWords(minutes, 60, 'minute')
  const hourly = paceInWords(hours, 24, 'hour')
  if (hours.length === 24 && often !== null) return often
  if (minutes.length === 1 && hourly !== null) return minute === 0 ? hourly : `${hourly} at minute ${minute}`
  if (hours.length * minutes.length <= mostTimesNamed)
    return `at ${listed(hours.flatMap((hour) => minutes.map((one) => clock(hour, one))))}`
  return manyTimesInWords({ minutes, hours }, often)
}

function manyTimesInWords({ minutes, hours }: Pick<Cron, 'minutes' | 'hours'>, often: string | null): string {
  const [first = 0] = hours
  const last = hours.at(-1) ?? first
  const isSpan = last - first === hours.length - 1
  if (often !== null && isSpan) return `${often} from ${clock(first, 0)} to ${clock(last, 59)}`
  const past = `minute${minutes.length === 1 ? '' : 's'} ${listed(runsOf(minutes))}`
  if (hours.length === 24) return `every hour at ${past}`
  return `${often ?? `at ${past}`} of the hours ${listed(runsOf(hours))}`
}

function paceInWords(values: readonly number[], whole: number, unit: string): string | null {
  const pace = paceOf(values, whole)
  if (pace === null) return null
  return pace === 1 ? `every ${unit}` : `every ${pace} ${unit}s`
}

/** Every so many from 0 on, evenly over the whole; null where it is otherwise. */
function paceOf(values: readonly number[], whole: number): number | null {
  const step = whole / values.length
  return values.length > 1 && values.every((value, index) => value === index * step) ? step : null
}

function daysInWords({ daysOfMonth, daysOfWeek, eitherDay }: Cron): string {
  const isEveryDate = daysOfMonth.length === 31
  const isEveryWeekday = daysOfWeek.length === 7
  const dates = `day${daysOfMonth.length === 1 ? '' : 's'} ${listed(runsOf(daysOfMonth))}`
  const weekdays = weekdaysInWords(daysOfWeek)
  if (eitherDay) return `on ${dates} of the month and ${weekdays}`
  if (isEveryDate) return isEveryWeekday ? '' : weekdays
  return isEveryWeekday ? `on ${dates} of the month` : `${weekdays} that are ${dates} of the month`
}

function weekdaysInWords(days: readonly number[]): string {
  const names = runsOf(days, (day) => dayNames[day] ?? '')
  const isRun = names.length === 1 && days.length > 2
  return isRun ? `from ${names.join('')}` : `on ${listed(days.map((day) => `${dayNames[day]}s`))}`
}

const monthsInWords = ({ months }: Cron): string =>
  months.length === 12 ? '' : `in ${listed(runsOf(months, (month) => monthNames[month - 1] ?? ''))}`

/** Neighbours as `3 to 7`, from three on. */
function runsOf(values: readonly number[], name: (value: number) => string = String): string[] {
  const runs: string[] = []
  for (let from = 0; from < values.length;) {
    let to = from
    while ((values[to + 1] ?? Number.NaN) === (values[to] ?? 0) + 1) to++
    if (to - from < 2) to = from
    const [first, last] = [values[from] ?? 0, values[to] ?? 0]
    runs.push(first === last ? name(first) : `${name(first)} to ${name(last)}`)
    from = to + 1
  }
  return runs
}

const clock = (hour: number, minute: number): string =>
  `${String(hour).padStart(2, '0')}:${String(minute).padStart(2, '0')}`

const listed = (words: readonly string[]): string =>
  words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`
