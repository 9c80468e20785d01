/** A moment on a zone's wall clock, written as if it were UTC. */
export type WallClock = number

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
