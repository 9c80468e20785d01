import { steadyClock, type Clock } from './clock.js'
import { onAbort } from './on-abort.js'

export interface RateLimit {
  /**
   * Resolves when so many bytes may be moved, first come first served. Who has one take outstanding at a time thereby
   * shares equally with all others. Rejects with the signal's reason, which costs the others nothing.
   */
  take(bytes: number, signal?: AbortSignal): Promise<void>
  /** From now on; who waits is served by the new rate at once. Undefined: no limit. 0: nothing moves. */
  set(bytesPerSecond: number | undefined): void
  readonly bytesPerSecond: number | undefined
  /** Returns what was taken but is not moved after all. */
  readonly giveBack?: (bytes: number) => void
}

/** A limit that tells what it has done. */
export interface CountedRateLimit extends RateLimit {
  readonly giveBack: (bytes: number) => void
  /** All bytes ever granted, less those given back. */
  readonly bytesTaken: number
  /** How many takes wait. */
  readonly waiting: number
}

interface Waiter {
  readonly bytes: number
  readonly enter: () => void
}

// What an idle limit saves up: short enough not to be seen as a peak, long enough to bridge a timer's lateness.
const burstMs = 200
// A timer that is late while takes wait loses nothing; a process that was stopped for an hour does not make up for it.
const lateMs = 1000
// Sums of fractions must not make a timer fire again and again for the same take.
const roundingBytes = 0.5

/** A token bucket. A take larger than the bucket goes into debt, which later takes wait for. */
export const createRateLimit = (bytesPerSecond?: number, clock: Clock = steadyClock): CountedRateLimit => {
  const waiting = new Set<Waiter>()
  let rate = checkedRate(bytesPerSecond)
  let level = bucketOf(rate)
  let since = clock.now()
  let bytesTaken = 0
  let cancelTimer: (() => void) | undefined

  const refill = (): void => {
    const now = clock.now()
    const most = bucketOf(rate) + (waiting.size > 0 ? ((rate ?? 0) * lateMs) / 1000 : 0)
    level = Math.min(most, level + ((rate ?? 0) * (now - since)) / 1000)
    since = now
  }
  const isDue = ({ bytes }: Waiter): boolean =>
    rate === undefined || (rate > 0 && level >= neededFor(bytes, rate) - roundingBytes)
  const serve = (): void => {
    cancelTimer?.()
    cancelTimer = undefined
    refill()
    for (const waiter of waiting) {
      if (!isDue(waiter)) return wakeFor(waiter)
      waiting.delete(waiter)
      level -= waiter.bytes
      bytesTaken += waiter.bytes
      waiter.enter()
    }
  }
  const wakeFor = ({ bytes }: Waiter): void => {
    if (rate === undefined || rate === 0) return
    cancelTimer = clock.after(((neededFor(bytes, rate) - level) / rate) * 1000, serve)
  }
  return {
    take: (bytes, signal) =>
      new Promise((resolve, reject) => {
        signal?.throwIfAborted()
        if (!(bytes >= 0)) throw new RangeError(`cannot take ${bytes} bytes`)
        // Before it counts as one who waits: what an idle bucket saved up is capped.
        refill()
        const ignore = onAbort(signal, () => {
          waiting.delete(waiter)
          reject(signal?.reason as Error)
          serve()
        })
        const waiter = { bytes, enter: () => (ignore(), resolve()) }
        waiting.add(waiter)
        if (waiting.size === 1) serve()
      }),
    set(next) {
      const checked = checkedRate(next)
      refill()
      // Where there was no limit nobody kept count.
      level = rate === undefined ? bucketOf(checked) : Math.min(level, bucketOf(checked))
      rate = checked
      serve()
    },
    giveBack(bytes) {
      refill()
      level = Math.min(bucketOf(rate), level + bytes)
      bytesTaken -= bytes
      serve()
    },
    get bytesPerSecond() {
      return rate
    },
    get bytesTaken() {
      return bytesTaken
    },
    get waiting() {
      return waiting.size
    },
  }
}

/**
 * Takes from every limit, in the order given: the narrowest first (copy, then vCenter host, then process). All users
 * of a narrow limit use the wider ones, too; so a long wait for the narrow one holds nothing of the wide ones, and one
 * for a wide limit holds of a narrow one what its other users could not use before they had waited there as well: at
 * most one take each. An abort on the way gives back what was taken.
 */
export const takeAll = async (
  limits: readonly RateLimit[],
  bytes: number,
  signal?: AbortSignal,
): Promise<void> => {
  const taken: RateLimit[] = []
  try {
    for (const limit of limits) {
      await limit.take(bytes, signal)
      taken.push(limit)
    }
  } catch (error) {
    for (const limit of taken) limit.giveBack?.(bytes)
    throw error
  }
}

const bucketOf = (rate: number | undefined): number => ((rate ?? 0) * burstMs) / 1000

const neededFor = (bytes: number, rate: number): number => Math.min(bytes, bucketOf(rate))

const checkedRate = (rate: number | undefined): number | undefined => {
  if (rate === undefined || (rate >= 0 && Number.isFinite(rate))) return rate
  throw new RangeError(`a rate of ${rate} bytes a second is none`)
}
