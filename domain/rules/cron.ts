/** The times that an expression names: each list sorted, without repetition. Sunday is 0. */
export interface Cron {
  readonly minutes: readonly number[]
  readonly hours: readonly number[]
  readonly daysOfMonth: readonly number[]
  readonly months: readonly number[]
  readonly daysOfWeek: readonly number[]
  /** Both kinds of days are restricted: then a day that either names is due, as cron has always had it. */
  readonly eitherDay: boolean
}

export type ParsedCron =
  { readonly cron: Cron; readonly problem: null } | { readonly cron: null; readonly problem: string }

interface Field {
  readonly name: string
  readonly from: number
  readonly to: number
  readonly words: readonly string[]
}

const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']
const weekdays = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat']
const fields = [
  { name: 'minute', from: 0, to: 59, words: [] },
  { name: 'hour', from: 0, to: 23, words: [] },
  { name: 'day of month', from: 1, to: 31, words: [] },
  { name: 'month', from: 1, to: 12, words: months },
  // 7 is Sunday, too.
  { name: 'day of week', from: 0, to: 7, words: weekdays },
] as const satisfies readonly Field[]

const macros: Readonly<Record<string, string>> = {
  '@hourly': '0 * * * *',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@weekly': '0 0 * * 0',
  '@monthly': '0 0 1 * *',
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
}

/**
 * Five fields (minute, hour, day of month, month, day of week) with `*`, lists, ranges, steps and English names, or
 * `@daily` and its kin. The problem is a sentence for whoever typed it; one that never fires is a problem, too.
 */
export function parseCron(expression: string): ParsedCron {
  const text = expression.trim().toLowerCase()
  const parts = (macros[text] ?? text).split(/\s+/)
  if (parts.length !== fields.length)
    return bad(
      `has ${parts.length} field(s) and must have 5: minute, hour, day of month, month, day of week (or @hourly, @daily, @weekly, @monthly, @yearly)`,
    )
  const lists: number[][] = []
  for (const [index, field] of fields.entries()) {
    const list = valuesOf(parts[index] ?? '', field)
    if (typeof list === 'string') return bad(`${field.name}: ${list}`)
    lists.push(list)
  }
  const [minutes = [], hours = [], daysOfMonth = [], monthList = [], days = []] = lists
  const daysOfWeek = [...new Set(days.map((day) => day % 7))].sort((a, b) => a - b)
  const isRestricted = (part: string | undefined): boolean => part?.startsWith('*') === false
  const eitherDay = isRestricted(parts[2]) && isRestricted(parts[4])
  const cron: Cron = { minutes, hours, daysOfMonth, months: monthList, daysOfWeek, eitherDay }
  return fires(cron) ? { cron, problem: null } : bad('never fires: none of these months has such a day')
}

const bad = (problem: string): ParsedCron => ({ cron: null, problem })

const daysIn = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
const fires = ({ daysOfMonth, months: list, eitherDay }: Cron): boolean =>
  eitherDay || list.some((month) => (daysOfMonth[0] ?? 32) <= (daysIn[month - 1] ?? 0))

/** The numbers of one field, or what is wrong with it. */
function valuesOf(text: string, field: Field): number[] | string {
  const values = new Set<number>()
  for (const part of text.split(',')) {
    const [, range = '', step] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(part) ?? []
    const bounds = boundsOf(range, field, step !== undefined)
    if (bounds === null)
      return `"${part.slice(0, 40)}" is not a number from ${field.from} to ${field.to}, a range, a step or *`
    const every = step === undefined ? 1 : Number(step)
    if (every < 1) return `the step of "${part.slice(0, 40)}" must be at least 1`
    const [low, high] = bounds
    if (low > high) return `"${part.slice(0, 40)}" runs backwards`
    for (let value = low; value <= high; value += every) values.add(value)
  }
  return [...values].sort((a, b) => a - b)
}

function boundsOf(range: string, field: Field, hasStep: boolean): readonly [number, number] | null {
  // The 7 of Sunday is for who writes it, not part of "all".
  if (range === '*') return [field.from, field.name === 'day of week' ? 6 : field.to]
  const [low, high, ...more] = range.split('-').map((word) => numberOf(word, field))
  if (low === undefined || low === null || high === null || more.length > 0) return null
  return [low, high ?? (hasStep ? field.to : low)]
}

function numberOf(word: string, { from, to, words }: Field): number | null {
  const named = words.indexOf(word)
  // Months count from 1, weekdays from 0.
  if (named >= 0) return named + from
  const value = /^\d{1,2}$/.test(word) ? Number(word) : Number.NaN
  return value >= from && value <= to ? value : null
}
