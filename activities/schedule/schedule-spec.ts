import { DAYS_OF_WEEK, MONTHS } from '@temporalio/client'
import type { CalendarSpec, ScheduleSpec } from '@temporalio/client'
import { Failure } from '../../domain/failure.js'
import { calendarsOf } from '../../domain/rules/calendars.js'
import type { Calendar, CalendarRange } from '../../domain/rules/calendars.js'
import { parseCron } from '../../domain/rules/cron.js'
import type { Schedule } from '../../domain/schedule.js'

export type Rings = Pick<Schedule, 'cron_expression' | 'timezone' | 'jitter_seconds'>

/** When Temporal is to ring. Throws `bad-request` for an expression that a person must correct. */
export function specOf({
  cron_expression: expression,
  timezone,
  jitter_seconds: jitter,
}: Rings): ScheduleSpec {
  const { cron, problem } = parseCron(expression)
  if (cron === null)
    throw new Failure('bad-request', `The schedule's cron expression "${expression}" ${problem}`, {
      retry: false,
      remedy: 'Correct the schedule.',
    })
  return { calendars: calendarsOf(cron).map(calendarSpec), timezone, jitter: jitter * 1000 }
}

const calendarSpec = (calendar: Calendar): CalendarSpec => ({
  second: 0,
  minute: [...calendar.minutes],
  hour: [...calendar.hours],
  dayOfMonth: [...calendar.daysOfMonth],
  month: named(calendar.months, MONTHS, 1),
  dayOfWeek: named(calendar.daysOfWeek, DAYS_OF_WEEK, 0),
})

/** Months and weekdays go by their names; the SDK takes no other. */
const named = <Name extends string>(
  ranges: readonly CalendarRange[],
  names: readonly Name[],
  first: number,
) =>
  ranges.flatMap(({ start, end, step }) =>
    names[start - first] === undefined || names[end - first] === undefined
      ? []
      : [{ start: names[start - first] as Name, end: names[end - first] as Name, step }],
  )
