import { setTimeout as sleep } from 'node:timers/promises'
import type { Product } from '../testing/product.js'

/** Bytes of disks that the lab has served since it started. */
export const servedBytes = async ({ lab }: Product): Promise<number> =>
  (await lab.nbd()).totals.reduce((sum, { read_bytes }) => sum + read_bytes, 0)

export interface Served extends AsyncDisposable {
  /** Bytes served since the counting began, by all the labs that there were. */
  now(): Promise<number>
}

/**
 * Counts on over the lab's own end: it begins at nothing when it is back. What it served between the last look and an
 * end that nobody waited for is missed (a supervisor that dies between two steps): then the count is too small.
 */
export const countServed = async (product: Product): Promise<Served> => {
  const first = await servedBytes(product)
  let [last, byTheDead] = [first, 0]
  const look = async (): Promise<void> => {
    const found = await servedBytes(product)
    if (found < last) byTheDead += last
    last = found
  }
  const stopping = new AbortController()
  const watching = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      await look().catch(() => undefined)
      await sleep(500, undefined, { signal: stopping.signal }).catch(() => undefined)
    }
  }
  const watched = watching()
  return {
    now: async () => {
      await look()
      return byTheDead + last - first
    },
    [Symbol.asyncDispose]: async () => {
      stopping.abort()
      await watched
    },
  }
}
