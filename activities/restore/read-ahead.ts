import type { End } from '../blocks/end.js'

/** 1 MiB in four pieces: enough to hide an NBD round trip, little enough that a slow reader costs no memory. */
const pieceBytes = 1024 * 1024
const piecesInFlight = 4

/**
 * The disk's bytes from `start` to `end` (exclusive), in order, a few reads ahead of the consumer. A consumer that
 * stops early ends the reads in flight before this returns. Rejects with the end's own error.
 */
export async function* readAhead(
  disk: End,
  start: number,
  end: number,
  signal: AbortSignal,
): AsyncGenerator<Buffer, void> {
  const stopping = new AbortController()
  const stop = AbortSignal.any([signal, stopping.signal])
  const inFlight: Promise<Buffer>[] = []
  let next = start
  const fill = (): void => {
    while (inFlight.length < piecesInFlight && next < end) {
      const length = Math.min(pieceBytes - (next % pieceBytes), end - next)
      const reading = disk.read(next, length, stop)
      // Its turn to be awaited may come after another one has failed.
      reading.catch(() => undefined)
      inFlight.push(reading)
      next += length
    }
  }
  try {
    for (fill(); inFlight.length > 0; fill()) yield await inFlight.shift()!
  } finally {
    stopping.abort()
    await Promise.allSettled(inFlight)
  }
}
