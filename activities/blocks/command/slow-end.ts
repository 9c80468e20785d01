import { setTimeout as sleep } from 'node:timers/promises'

import type { End } from '../end.js'

/** The same end, read no faster than so many bytes a second. */
export const slowEnd = (end: End, bytesPerSecond: number): End => {
  let freeAt = performance.now()
  const turn = async (bytes: number, signal?: AbortSignal): Promise<void> => {
    const waitMs = freeAt - performance.now()
    freeAt = Math.max(freeAt, performance.now()) + (bytes / bytesPerSecond) * 1000
    if (waitMs > 0) await sleep(waitMs, undefined, signal === undefined ? {} : { signal })
  }
  const { readInto } = end
  return {
    ...end,
    async read(offset, length, signal) {
      await turn(length, signal)
      return end.read(offset, length, signal)
    },
    ...(readInto === undefined
      ? {}
      : {
          async readInto(offset, into, signal) {
            await turn(into.length, signal)
            await readInto(offset, into, signal)
          },
        }),
  }
}
