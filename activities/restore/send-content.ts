import type { Writable } from 'node:stream'
import { finished } from 'node:stream/promises'
import type { End } from '../blocks/end.js'
import { readAhead } from './read-ahead.js'

// Enough that the socket never waits for the loop that feeds it.
const unsentBytes = 2 * 1024 * 1024

/**
 * Sends a disk's bytes from `start` to `until` (exclusive) and ends the sink; resolves when it has taken them all. A
 * slow sink slows the reads; one that closes stops them. Rejects with the end's error, leaving the sink open, or with
 * an abort where the sink closed.
 */
export const sendContent = async (end: End, start: number, until: number, sink: Writable): Promise<void> => {
  const gone = new AbortController()
  let unsent = 0
  let wake = (): void => undefined
  const onClose = (): void => {
    gone.abort()
    wake()
  }
  sink.once('close', onClose)
  if (sink.destroyed) gone.abort()
  try {
    for await (const { bytes, release } of readAhead(end, start, until, gone.signal)) {
      gone.signal.throwIfAborted()
      unsent += bytes.length
      sink.write(bytes, (error) => {
        unsent -= bytes.length
        if (error === null || error === undefined) release()
        wake()
      })
      while (unsent > unsentBytes && !gone.signal.aborted)
        await new Promise<void>((resolve) => (wake = resolve))
      gone.signal.throwIfAborted()
    }
    sink.end()
    await finished(sink)
  } finally {
    sink.off('close', onClose)
  }
}
