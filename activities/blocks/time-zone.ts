export interface LocalTime {
  /** Monday is 0. */
  readonly day: number
  /** Seconds since the wall clock showed midnight. */
  readonly second: number
}

const dayMs = 86_400_000
const formats = new Map<string, Intl.DateTimeFormat>()

/** What the wall clock of a place is ahead of UTC, in ms. Throws RangeError where nobody knows the zone. */
export const offsetAt = (timeZone: string, instant: number): number => {
  const parts = new Map(
    formatOf(timeZone)
      .formatToParts(instant)
      .map(({ type, value }) => [type, +value]),
  )
  const of = (type: Intl.DateTimeFormatPartTypes): number => parts.get(type) ?? 0
  const local = Date.UTC(of('year'), of('month') - 1, of('day'), of('hour'), of('minute'), of('second'))
  return local - Math.floor(instant / 1000) * 1000
}

export const localTime = (timeZone: string, instant: number): LocalTime => {
  const local = instant + offsetAt(timeZone, instant)
  // 1970 began on a Thursday.
  const day = (Math.floor(local / dayMs) + 3) % 7
  return { day: (day + 7) % 7, second: Math.floor((local - Math.floor(local / dayMs) * dayMs) / 1000) }
}

/** The first instant after `from`, up to `to`, at which the clock is put forward or back; undefined if it is not. */
export const clockChange = (timeZone: string, from: number, to: number): number | undefined => {
  const before = offsetAt(timeZone, from)
  if (offsetAt(timeZone, to) === before) return undefined
  let [low, high] = [from, to]
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2)
    if (offsetAt(timeZone, middle) === before) low = middle
    else high = middle
  }
  return high
}

const formatOf = (timeZone: string): Intl.DateTimeFormat => {
  const known = formats.get(timeZone)
  if (known !== undefined) return known
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  })
  formats.set(timeZone, format)
  return format
}
