import type { Cron } from './cron.js'
import { dueBetween, localTime, wallClock } from './due-times.js'
import { isInWindow } from './window.js'
import type { Hours } from './window.js'

const dayMs = 86_400_000

/**
 * What to know about the times that an expression names between a moment and the last of the due times after it, where
 * the zone's clocks change: those that do not exist or come twice, and those that the scheduler passes over; only what lies in
 * the hours. A sentence for each kind and day.
 */
export function oddTimes(cron: Cron, hours: Hours, now: Date, due: readonly Date[]): string[] {
  const { timezone } = hours
  const last = due.at(-1)
  if (last === undefined) return []
  // The expression on clocks that never change names every time, also those that this zone skips.
  const span = { after: new Date(wallClock(now, timezone)), until: new Date(wallClock(last, timezone)) }
  const rings = new Set(due.map((at) => at.getTime()))
  const kinds = new Map<string, string[]>()
  for (const wall of dueBetween(cron, 'UTC', { ...span, most: Infinity })) {
    if (!isInWindow({ ...hours, timezone: 'UTC' }, wall)) continue
    const shown = shownAt(wall.getTime(), timezone)
    if (shown.some((moment) => moment <= now.getTime() || moment > last.getTime())) continue
    const oddity = oddityOf(
      shown.map((moment) => rings.has(moment)),
      timezone,
    )
    if (oddity === null) continue
    const { local } = localTime(wall, 'UTC')
    const key = `${local.slice(0, 10)} ${oddity}`
    kinds.set(key, [...(kinds.get(key) ?? []), local])
  }
  return [...kinds].map(([key, times]) => `${spanOf(times)}: ${key.slice(11)}`)
}

/** Every moment at which the clocks show this: none where they are put forward over it, two where they are put back. */
function shownAt(wall: number, timezone: string): number[] {
  const offsets = [wall - dayMs, wall + dayMs].map((near) => wallClock(new Date(near), timezone) - near)
  return [...new Set(offsets)]
    .map((offset) => wall - offset)
    .filter((moment) => wallClock(new Date(moment), timezone) === wall)
    .sort((a, b) => a - b)
}

function oddityOf(isRung: readonly boolean[], timezone: string): string | null {
  const [first, second] = isRung
  if (first === undefined)
    return `does not exist in ${timezone}, whose clocks are put forward. Nothing runs then.`
  if (second === undefined)
    return first ? null : `is passed over at the change of the clocks of ${timezone}. Nothing runs then.`
  return `comes twice in ${timezone}, whose clocks are put back. ${twice(first, second)}`
}

function twice(first: boolean, second: boolean): string {
  if (first && second) return 'It runs both times.'
  if (!first && !second) return 'Nothing runs then.'
  return `It runs once, the ${first ? 'first' : 'second'} time.`
}

/** Times of one day: `2027-03-28 02:30`, or `2027-03-28 02:00 to 02:55 (12 times)`. */
function spanOf(times: readonly string[]): string {
  const [first = ''] = times
  if (times.length === 1) return first
  return `${first} to ${times.at(-1)?.slice(11) ?? ''} (${times.length} times)`
}
