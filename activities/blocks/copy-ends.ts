import { setTimeout as sleep } from 'node:timers/promises'

import type { End, Side, WritableEnd } from './end.js'
import { EndError } from './errors.js'
import { orAborted } from './on-abort.js'

/** How lost ends are opened again. What `source` and `target` answer, like the end before, is the caller's to dispose. */
export interface Reopen {
  readonly source?: (signal: AbortSignal) => Promise<End>
  /** The target may have lost all that was not flushed: it is written again. */
  readonly target?: (signal: AbortSignal) => Promise<WritableEnd>
  /** The copy fails when for so long no end could be opened, or none lasted for long enough to get any further. */
  readonly withinMs: number
}

interface Options {
  readonly source: End
  readonly target: WritableEnd
  readonly sizeBytes: number
  readonly reopen?: Reopen
}

const firstDelayMs = 100
const maxDelayMs = 5000

/** The ends of a copy as they are now, and how to get new ones. */
export const createEnds = ({ source, target, sizeBytes, reopen }: Options) => {
  const ends: { source: End; target: WritableEnd } = { source, target }
  let lostAt: number | undefined
  let delayMs = firstDelayMs
  let best = -1

  const openAgain = async (side: Side, signal: AbortSignal): Promise<void> => {
    const end = side === 'source' ? await reopen?.source?.(signal) : await reopen?.target?.(signal)
    if (end === undefined || end.sizeBytes < sizeBytes)
      throw new RangeError(`the ${side} has ${end?.sizeBytes ?? 0} bytes now, the disk ${sizeBytes}`)
    if (side === 'source') ends.source = end
    else ends.target = end as WritableEnd
  }
  const isWorthAnother = (error: unknown): boolean =>
    !(error instanceof RangeError) &&
    (isStarting(error) || (error as { retry?: unknown } | undefined)?.retry !== false)
  return {
    now: (): Readonly<typeof ends> => ends,
    canReopen: (error: unknown): error is EndError =>
      error instanceof EndError && error.retry && reopen?.[error.side] !== undefined,
    /**
     * Opens the lost end again, waiting longer each time. `done`: how far the copy had come; only what is further than
     * ever before begins the time anew. Rejects with `lost` when it is over, or with an error that forbids to try on.
     */
    async replace(lost: EndError, done: number, signal: AbortSignal): Promise<void> {
      if (lostAt === undefined || done > best) {
        lostAt = performance.now()
        delayMs = firstDelayMs
      }
      best = Math.max(best, done)
      const until = lostAt + (reopen?.withinMs ?? 0)
      for (let leftMs = leftUntil(until); leftMs > 0; leftMs = leftUntil(until)) {
        await orAborted(sleep(Math.min(delayMs, leftMs), undefined, { signal }), signal)
        delayMs = Math.min(delayMs * 2, maxDelayMs)
        const opening = AbortSignal.any([signal, AbortSignal.timeout(leftUntil(until))])
        try {
          return await orAborted(openAgain(lost.side, opening), opening)
        } catch (error) {
          signal.throwIfAborted()
          if (!isWorthAnother(error)) throw error
        }
      }
      throw lost
    },
  }
}

const leftUntil = (moment: number): number => Math.max(0, Math.ceil(moment - performance.now()))

/** Between two servers the socket of the first is gone, and nobody takes from the line of one that is stopped. */
const isStarting = (error: unknown): boolean =>
  error instanceof EndError && error.op === 'open' && ['ENOENT', 'EAGAIN'].includes(error.errno)
