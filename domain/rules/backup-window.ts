import type { Cron } from './cron.js'
import type { Hours } from './window.js'

type Window = Omit<Hours, 'timezone'>

/**
 * Does any due time of a schedule fall into a flow's window (see `windowAt`)? Its days do not matter: the hours are the
 * same on all of them.
 */
export const reachesWindow = (cron: Cron, window: Window): boolean =>
  cron.hours.some((hour) => cron.minutes.some((minute) => holds(window, `${two(hour)}:${two(minute)}`)))

function holds({ window_start: start, window_end: end }: Window, time: string): boolean {
  if (start === null || end === null || start === end) return true
  return start < end ? time >= start && time < end : time >= start || time < end
}

const two = (value: number): string => String(value).padStart(2, '0')
