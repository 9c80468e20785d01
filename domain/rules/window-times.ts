import { reachesWindow } from './backup-window.js'
import type { Cron } from './cron.js'
import { dueBetween, nextDue, wallClock } from './due-times.js'
import { isInWindow, minutesUntilOpen } from './window.js'
import type { Hours } from './window.js'

const minuteMs = 60_000
// As far as a due time is looked for at all.
const lookedAheadMs = 41 * 366 * 24 * 60 * minuteMs

/**
 * The next due times after a moment at which a flow may run by its window, oldest first: fewer than asked for, or none,
 * where no more come within 40 years.
 */
export function dueInWindow(cron: Cron, hours: Hours, span: { after: Date; most: number }): Date[] {
  const { timezone } = hours
  const until = new Date(span.after.getTime() + lookedAheadMs)
  if (hours.window_start === null) return dueBetween(cron, timezone, { ...span, until })
  // What the hours alone rule out is not looked for day by day.
  if (!reachesWindow(cron, hours)) return []
  const found: Date[] = []
  let due = nextDue(cron, timezone, span.after)
  while (due !== null && due <= until && found.length < span.most) {
    const isIn = isInWindow(hours, due)
    if (isIn) found.push(due)
    due = nextDue(cron, timezone, isIn ? due : beforeOpening(hours, due))
  }
  return found
}

/**
 * A moment up to which the window stays closed: a schedule of every minute is not asked for each minute of the day. Where
 * the clocks change until then, the next one to look at is the next that is due: a window may open sooner, or once more.
 */
function beforeOpening(hours: Hours, due: Date): Date {
  const opening = new Date(due.getTime() + minutesUntilOpen(hours, due) * minuteMs)
  const offset = (at: Date): number => wallClock(at, hours.timezone) - Math.floor(at.getTime() / 1000) * 1000
  return offset(due) === offset(opening) ? new Date(opening.getTime() - 1) : due
}
