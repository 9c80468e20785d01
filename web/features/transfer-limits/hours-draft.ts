import { weekdays } from '../../../domain/transfer-limits.js'
import type { Weekday } from '../../../domain/transfer-limits.js'
import type { HoursDraft, LimitDraft } from './limits-draft.js'

export const weekdayNames: Readonly<Record<Weekday, string>> = {
  mon: 'Mon',
  tue: 'Tue',
  wed: 'Wed',
  thu: 'Thu',
  fri: 'Fri',
  sat: 'Sat',
  sun: 'Sun',
}

/** Office hours: what limits are mostly for. Their rate is left to who adds them. */
const newHours: HoursDraft = {
  days: ['mon', 'tue', 'wed', 'thu', 'fri'],
  from: '08:00',
  to: '18:00',
  kind: 'rate',
  rate: '',
}

/** With hours more; the first ones are read by `zone`'s clock unless somebody chose another. */
export const withNewHours = <L extends LimitDraft>(limit: L, zone: string): L => ({
  ...limit,
  timezone: limit.timezone === '' ? zone : limit.timezone,
  hours: [...limit.hours, newHours],
})

/** The days with this one or without it, in the order of the week. */
export const withDay = (days: readonly Weekday[], day: Weekday, isIn: boolean): readonly Weekday[] =>
  weekdays.filter((each) => (each === day ? isIn : days.includes(each)))

/** What the two times do not show by themselves. */
export const hoursNote = ({ from, to }: Pick<HoursDraft, 'from' | 'to'>): string | undefined => {
  if (from === '' || to === '' || from < to) return undefined
  return from === to ? '24 hours' : 'on the next day'
}
