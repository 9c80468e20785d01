import { isZeroGrain } from './digests.js'
import type { End, Extent } from './end.js'
import { intersectExtents, mergeExtents, subtractExtents } from './extents.js'
import { mapInOrder } from './map-in-order.js'
import { cutPieces, type Describable } from './pieces.js'
import type { Piece } from './plan.js'
import { watchStall } from './stall-watch.js'

/** All in bytes of the longer disk. */
export interface CompareProgress {
  readonly bytesTotal: number
  readonly bytesCompared: number
  /** Read from each end; ranges that both say are zero are not read. */
  readonly bytesRead: number
  /** All that differs so far, whether or not its range is listed. */
  readonly bytesDiffering: number
  readonly rangesDiffering: number
}

export interface CompareOptions {
  /** So many ranges are listed; all are counted. */
  readonly maxRanges?: number
  /** Where one end is longer: only what is not zero there differs, not the length itself. */
  readonly ignoreZeroTail?: boolean
  /** Called every quarter of a second and once with the final counts. */
  readonly onProgress?: (progress: CompareProgress) => void
  /** Rejects when nothing has moved for so long. */
  readonly stallMs?: number
  readonly signal?: AbortSignal
}

const probeBytes = 4096
const inFlight = 8
const progressMs = 250

/**
 * Reads both ends, but for what both say is zero, and returns the first differing ranges in 4 KiB steps. Rejects with
 * an EndError or the signal's reason.
 */
export const compareEnds = async (a: End, b: End, options: CompareOptions = {}): Promise<Extent[]> => {
  const { maxRanges = 100, ignoreZeroTail = false, onProgress, stallMs } = options
  const common = Math.min(a.sizeBytes, b.sizeBytes)
  const longer = a.sizeBytes > b.sizeBytes ? a : b
  const counts = {
    bytesTotal: longer.sizeBytes,
    bytesCompared: 0,
    bytesRead: 0,
    bytesDiffering: 0,
    rangesDiffering: 0,
  }
  using watch = watchStall({
    ends: [a, b],
    signal: options.signal,
    stallMs,
    bytesDone: () => counts.bytesCompared,
  })
  const { signal } = watch
  const differing = createRanges(maxRanges, counts)
  let reportedAt = performance.now()
  const go = async (
    pieces: AsyncIterable<Piece>,
    look: (piece: Piece) => Promise<Extent[]>,
  ): Promise<void> => {
    for await (const { piece, found } of mapInOrder(pieces, inFlight, async (one) => ({
      piece: one,
      found: one.kind === 'zero' ? [] : await look(one),
    }))) {
      found.forEach(differing.add)
      counts.bytesCompared += piece.length
      counts.bytesRead += piece.kind === 'zero' ? 0 : piece.length
      signal?.throwIfAborted()
      if (performance.now() - reportedAt < progressMs) continue
      reportedAt = performance.now()
      onProgress?.({ ...counts })
    }
  }
  signal?.throwIfAborted()
  const whole = common > 0 ? [{ offset: 0, length: common }] : []
  await go(cutPieces(zeroInBoth(a, b, common), whole, signal), async ({ offset, length }) => {
    const [x, y] = await Promise.all([a.read(offset, length, signal), b.read(offset, length, signal)])
    return x.equals(y) ? [] : probe(offset, x, (at, end) => x.subarray(at, end).equals(y.subarray(at, end)))
  })
  const tail = { offset: common, length: longer.sizeBytes - common }
  if (!ignoreZeroTail) {
    differing.add(tail)
    counts.bytesCompared += tail.length
  } else if (tail.length > 0)
    await go(cutPieces(longer, [tail], signal), async ({ offset, length }) => {
      const x = await longer.read(offset, length, signal)
      return isZeroGrain(x) ? [] : probe(offset, x, (at, end) => isZeroGrain(x.subarray(at, end)))
    })
  onProgress?.({ ...counts })
  return differing.listed
}

/** What a plan of both needs: zero is what both know to be zero. */
const zeroInBoth = (a: End, b: End, sizeBytes: number): Describable => ({
  sizeBytes,
  async status(offset, length, signal) {
    const known = await Promise.all([a, b].map((end) => end.status(offset, length, signal)))
    const [ofA = [], ofB = []] = known.map((extents) => mergeExtents(extents.filter(({ zero }) => zero)))
    const zeros = intersectExtents(ofA, ofB)
    const rest = subtractExtents([{ offset, length }], zeros)
    return [
      ...zeros.map((extent) => ({ ...extent, hole: false, zero: true })),
      ...rest.map((extent) => ({ ...extent, hole: false, zero: false })),
    ].sort((x, y) => x.offset - y.offset)
  },
})

const probe = (offset: number, data: Buffer, isSame: (at: number, end: number) => boolean): Extent[] => {
  const found: Extent[] = []
  for (let at = 0; at < data.length; at += probeBytes) {
    const end = Math.min(at + probeBytes, data.length)
    if (!isSame(at, end)) found.push({ offset: offset + at, length: end - at })
  }
  return mergeExtents(found)
}

/** Ranges come in the order of the disk; those that touch are one. */
const createRanges = (maxRanges: number, counts: { bytesDiffering: number; rangesDiffering: number }) => {
  const listed: Extent[] = []
  let lastEnd = -1
  return {
    listed,
    add: ({ offset, length }: Extent): void => {
      if (length === 0) return
      const isMore = offset === lastEnd
      lastEnd = offset + length
      counts.bytesDiffering += length
      if (!isMore) counts.rangesDiffering++
      if (counts.rangesDiffering > maxRanges) return
      const last = listed.at(-1)
      if (isMore && last !== undefined) listed[listed.length - 1] = { ...last, length: last.length + length }
      else listed.push({ offset, length })
    },
  }
}
