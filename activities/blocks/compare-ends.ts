import { eachLimited } from './each-limited.js'
import type { End, Extent } from './end.js'
import { mergeExtents } from './extents.js'
import { pieceBytes } from './plan.js'

const probeBytes = 4096

/** Reads both ends whole; returns the first differing ranges in 4 KiB steps (a longer end differs behind the other). */
export const compareEnds = async (
  a: End,
  b: End,
  { maxRanges = 100, signal }: { maxRanges?: number; signal?: AbortSignal } = {},
): Promise<Extent[]> => {
  const common = Math.min(a.sizeBytes, b.sizeBytes)
  const differing: Extent[] = []
  const compare = async (offset: number): Promise<void> => {
    const length = Math.min(pieceBytes, common - offset)
    const [x, y] = await Promise.all([a.read(offset, length, signal), b.read(offset, length, signal)])
    if (x.equals(y)) return
    for (let at = 0; at < length; at += probeBytes)
      if (!x.subarray(at, at + probeBytes).equals(y.subarray(at, at + probeBytes)))
        differing.push({ offset: offset + at, length: Math.min(probeBytes, length - at) })
  }
  await eachLimited(
    offsets(common, () => differing.length >= maxRanges * 256),
    8,
    compare,
  )
  const longer = Math.max(a.sizeBytes, b.sizeBytes)
  if (longer > common) differing.push({ offset: common, length: longer - common })
  return mergeExtents(differing).slice(0, maxRanges)
}

async function* offsets(end: number, isEnough: () => boolean): AsyncGenerator<number> {
  for (let at = 0; at < end && !isEnough(); at += pieceBytes) yield at
}
