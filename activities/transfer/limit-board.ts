import type { TransferHours, TransferLimit, TransferLimits } from '../../domain/transfer-limits.js'
import { steadyClock, wallClock } from '../blocks/clock.js'
import type { Clock } from '../blocks/clock.js'
import { createPlaces } from '../blocks/places.js'
import type { CountedPlaces } from '../blocks/places.js'
import { followCalendar } from '../blocks/rate-calendar.js'
import type { CalendarEntry } from '../blocks/rate-calendar.js'
import { createRateLimit } from '../blocks/rate-limit.js'
import type { CountedRateLimit } from '../blocks/rate-limit.js'

/** The limits of one copy: its own, its platform's, its process's. Disposing forgets its own. */
export interface CopyLimits extends Disposable {
  readonly rates: readonly CountedRateLimit[]
}

/** How fast the disks of this process may be copied, as it was last set; followed by copies that run. */
export interface LimitBoard extends Disposable {
  /** For one copy from this platform, once it is known what the limits are. */
  limitsFor(platformId: string): Promise<CopyLimits>
  /** What every connection to a disk of this platform takes one of. */
  placesFor(platformId: string): Promise<CountedPlaces>
}

export interface LimitBoardOptions {
  readonly read: () => Promise<TransferLimits>
  /** Told when the limits cannot be read, and when they can again. */
  readonly said: (sentence: string) => void
  readonly everyMs?: number
  readonly clock?: Clock
  /** The time of day, which calendars go by. */
  readonly wall?: Clock
}

const usualEveryMs = 3000
const unlimited: TransferLimit = { bytes_per_second: null, calendar: null }

/** Asks every few seconds. While it gets no answer the last one holds, and calendars go on. */
export function limitBoard({ read, said, everyMs = usualEveryMs, ...clocks }: LimitBoardOptions): LimitBoard {
  const { clock = steadyClock, wall = wallClock } = clocks
  const follow = (rule: TransferLimit): Followed => followed(createRateLimit(undefined, clock), rule, wall)
  let set: TransferLimits | undefined
  let isAway = false
  const all = follow(unlimited)
  const copies = new Set<Followed>()
  const platforms = new Map<string, { readonly followed: Followed; readonly places: CountedPlaces }>()
  const platformOf = (id: string) => set?.platforms.find(({ platform_id }) => platform_id === id)
  const ofPlatform = (id: string) => {
    const known = platforms.get(id) ?? { followed: follow(unlimited), places: createPlaces(Infinity) }
    platforms.set(id, known)
    known.followed.apply(platformOf(id) ?? unlimited)
    known.places.setCount(platformOf(id)?.max_connections ?? Infinity)
    return known
  }
  const look = async (): Promise<void> => {
    try {
      set = await read()
      if (isAway) said('the transfer limits can be read again')
      isAway = false
      all.apply(set.process)
      for (const copy of copies) copy.apply(set.copy)
      for (const id of platforms.keys()) ofPlatform(id)
    } catch (error) {
      if (!isAway)
        said(`the transfer limits cannot be read, the last known hold: ${String(error).slice(0, 200)}`)
      isAway = true
    }
  }
  let isOver = false
  let cancel = (): void => undefined
  const round = async (): Promise<void> => {
    await look()
    if (!isOver) cancel = clock.after(everyMs, () => void round())
  }
  const first = round()
  return {
    limitsFor: async (platformId) => {
      await first
      const own = follow(set?.copy ?? unlimited)
      copies.add(own)
      const rates = [own.limit, ofPlatform(platformId).followed.limit, all.limit]
      return { rates, [Symbol.dispose]: () => void (copies.delete(own), own[Symbol.dispose]()) }
    },
    placesFor: async (platformId) => {
      await first
      return ofPlatform(platformId).places
    },
    [Symbol.dispose]: () => {
      isOver = true
      cancel()
      for (const one of [all, ...copies, ...[...platforms.values()].map((platform) => platform.followed)])
        one[Symbol.dispose]()
    },
  }
}

interface Followed extends Disposable {
  readonly limit: CountedRateLimit
  apply(rule: TransferLimit): void
}

/** A limit that goes by a rule, and by another one when it is told so. */
function followed(limit: CountedRateLimit, first: TransferLimit, clock: Clock): Followed {
  let text = ''
  let following = new AbortController()
  const apply = ({ bytes_per_second: usual, calendar }: TransferLimit): void => {
    const next = JSON.stringify([usual, calendar])
    if (next === text) return
    text = next
    following.abort()
    following = new AbortController()
    if (calendar === null) return limit.set(usual ?? undefined)
    const { timezone: timeZone, entries } = calendar
    const rates = { timeZone, entries: entries.map(entryOf), otherwise: usual ?? 'unlimited' } as const
    followCalendar(limit, rates, { clock, signal: following.signal })
  }
  apply(first)
  return { limit, apply, [Symbol.dispose]: () => following.abort() }
}

const entryOf = ({ bytes_per_second: bytesPerSecond, ...hours }: TransferHours): CalendarEntry => ({
  ...hours,
  bytesPerSecond,
})
