import type { FlowSettings } from '../flow.js'
import { localTime, wallClock } from './due-times.js'

/** The hours in which a flow may run, and the zone whose clocks count. */
export interface Hours extends Pick<FlowSettings, 'window_start' | 'window_end'> {
  readonly timezone: string
}

export interface WindowState {
  readonly isOpen: boolean
  /** When that changes; null where it never does. */
  readonly changesAt: Date | null
}

const minuteMs = 60_000
const minutesADay = 24 * 60
// Clocks that change may stretch or skip a window, never by more than a day.
const searchedMinutes = 2 * minutesADay

/** Whether a flow may run at a moment, where nobody asks until when: one look instead of up to a thousand. */
export const isInWindow = (hours: Hours, at: Date): boolean => {
  const { window_start: start, window_end: end, timezone } = hours
  if (start === null || end === null || start === end) return true
  return isWithin(minuteOf(at.getTime(), timezone), minutes(start), minutes(end))
}

/**
 * Whether a flow may run at a moment by its window, and until when. The start is part of it, the end is not; one that
 * ends before it starts spans midnight; equal ends mean the whole day. What counts is what the zone's clocks show, so
 * a window that lies in a skipped hour does not open that day, and one in a repeated hour opens twice.
 */
export function windowAt(hours: Hours, now: Date): WindowState {
  const { window_start: start, window_end: end, timezone } = hours
  if (start === null || end === null || start === end) return { isOpen: true, changesAt: null }
  const isOpenAt = (at: number): boolean => isWithin(minuteOf(at, timezone), minutes(start), minutes(end))
  const isOpen = isOpenAt(now.getTime())
  const begin = Math.floor(now.getTime() / minuteMs) * minuteMs
  for (let ahead = 1; ahead <= searchedMinutes; ahead += 1) {
    const at = begin + ahead * minuteMs
    if (isOpenAt(at) !== isOpen) return { isOpen, changesAt: new Date(at) }
  }
  return { isOpen, changesAt: null }
}

/** By the minutes of the clock, however it changes until then; 0 while it is open. */
export function minutesUntilOpen(hours: Hours, at: Date): number {
  const { window_start: start, timezone } = hours
  if (start === null || isInWindow(hours, at)) return 0
  return (minutes(start) - minuteOf(at.getTime(), timezone) + minutesADay) % minutesADay
}

/** `the window 22:00 to 06:00 (Europe/Berlin) is over; it goes on at 2026-11-22 22:00 +01:00` */
export function windowReason(hours: Hours, opensAt: Date | null): string {
  const span = `The flow's window, ${hours.window_start ?? ''} to ${hours.window_end ?? ''} (${hours.timezone}), is closed`
  if (opensAt === null) return span
  const { local, offset } = localTime(opensAt, hours.timezone)
  return `${span}; it goes on by itself at ${local} ${offset}`
}

const minutes = (clock: string): number => Number(clock.slice(0, 2)) * 60 + Number(clock.slice(3, 5))

const minuteOf = (at: number, timezone: string): number => {
  const shown = new Date(wallClock(new Date(at), timezone))
  return shown.getUTCHours() * 60 + shown.getUTCMinutes()
}

const isWithin = (minute: number, start: number, end: number): boolean =>
  start < end ? start <= minute && minute < end : minute >= start || minute < end
