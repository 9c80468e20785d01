import type { Extent } from '../../activities/blocks/end.js'
import { readers } from './job.js'

/** Reads whole areas in requests of one size, as many at once as a copy has; each line has a buffer of its own. */
export const readAreas = async (
  areas: readonly Extent[],
  requestBytes: number,
  read: (offset: number, into: Buffer, line: number) => Promise<unknown>,
): Promise<void> => {
  const offsets = areas.flatMap(({ offset, length }) =>
    Array.from({ length: length / requestBytes }, (_, i) => offset + i * requestBytes),
  )
  let next = 0
  const lines = Array.from({ length: readers.connections * readers.depth }, async (_, line) => {
    const into = Buffer.allocUnsafeSlow(requestBytes)
    for (let at = offsets[next++]; at !== undefined; at = offsets[next++]) await read(at, into, line)
  })
  await Promise.all(lines)
}
