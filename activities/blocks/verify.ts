import { digestGrain, isZeroGrain, sameDigest, type DigestReader } from './digests.js'
import { eachLimited } from './each-limited.js'
import type { End, Extent } from './end.js'
import { checkExtents, grainBytes, mergeExtents, totalBytes } from './extents.js'
import { expectedGrains, type ExpectedGrain } from './layers.js'
import { cutPieces } from './pieces.js'
import type { Piece } from './plan.js'
import { watchStall } from './stall-watch.js'

export interface VerifyProgress {
  readonly bytesTotal: number
  /** Bytes of the disk compared so far; ranges the end knows to be zero count without being read. */
  readonly bytesChecked: number
  readonly bytesRead: number
}

export interface VerifyResult extends VerifyProgress {
  /** Sorted and merged; at most `maxMismatches` grains are listed, all are counted. */
  readonly mismatches: readonly Extent[]
  readonly mismatchedBytes: number
}

export interface VerifyOptions {
  readonly end: End
  /** The digest file, or those of a chain: nearest layer first, root last. */
  readonly digests: DigestReader | readonly DigestReader[]
  /** What of the end is read: sorted and apart, in whole grains; all of it when absent. */
  readonly areas?: readonly Extent[]
  readonly signal?: AbortSignal
  readonly onProgress?: (progress: VerifyProgress) => void
  readonly maxMismatches?: number
  /** Rejects when nothing has moved for so long. */
  readonly stallMs?: number
}

const readsInFlight = 12
const progressMs = 250

/** Reads an end, or areas of it, again and compares every grain with its digest; one nobody wrote must read zero. */
export const verify = async (options: VerifyOptions): Promise<VerifyResult> => {
  const { end, onProgress, maxMismatches = 1000, stallMs } = options
  const layers = 'lookup' in options.digests ? [options.digests] : options.digests
  const tooLarge = layers.find((layer) => layer.sizeBytes > end.sizeBytes)
  if (tooLarge !== undefined)
    throw new RangeError(`${tooLarge.path} is of ${tooLarge.sizeBytes} bytes, the disk has ${end.sizeBytes}`)

  const { areas = [{ offset: 0, length: end.sizeBytes }] } = options
  checkExtents(areas, end.sizeBytes)

  const counts = { bytesTotal: totalBytes(areas), bytesChecked: 0, bytesRead: 0 }
  const mismatches: Extent[] = []
  let mismatchedBytes = 0
  let reportedAt = performance.now()
  const check = async (piece: Piece): Promise<void> => {
    const data = piece.kind === 'data' ? await end.read(piece.offset, piece.length, signal) : undefined
    const blocks = Math.ceil(piece.length / grainBytes)
    const expected = await expectedGrains(layers, piece.offset / grainBytes, blocks)
    expected.forEach((one, index) => {
      const start = index * grainBytes
      const length = Math.min(grainBytes, piece.length - start)
      if (matches(one, data?.subarray(start, start + length))) return
      mismatchedBytes += length
      if (mismatches.length < maxMismatches) mismatches.push({ offset: piece.offset + start, length })
    })
    counts.bytesChecked += piece.length
    counts.bytesRead += data?.length ?? 0
    if (performance.now() - reportedAt < progressMs) return
    reportedAt = performance.now()
    onProgress?.({ ...counts })
  }
  using watch = watchStall({
    ends: [end],
    signal: options.signal,
    stallMs,
    bytesDone: () => counts.bytesChecked,
  })
  const { signal } = watch
  signal?.throwIfAborted()
  await eachLimited(cutPieces(end, areas, signal), readsInFlight, check)
  signal?.throwIfAborted()
  onProgress?.({ ...counts })
  return { ...counts, mismatches: mergeExtents(mismatches), mismatchedBytes }
}

const matches = ({ digest, length }: ExpectedGrain, data: Buffer | undefined): boolean => {
  if (data === undefined) return digest === 'zero'
  if (digest === 'zero') return isZeroGrain(data)
  const isTailZero = length >= data.length || isZeroGrain(data.subarray(length))
  return isTailZero && sameDigest(digestGrain(data.subarray(0, length)), digest)
}
