import { createBufferPool } from './buffer-pool.js'
import { planHash, type Checkpoint } from './checkpoint.js'
import { createCheckpoints, type CheckpointOptions } from './copy-checkpoints.js'
import { createMeter, type CopyProgress, type CopyResult, type Meter } from './copy-meter.js'
import { createOrder, type PieceDigests } from './copy-order.js'
import { watchCopy } from './copy-watch.js'
import type { DigestReader, DigestWriter } from './digests.js'
import type { End, Extent, WritableEnd } from './end.js'
import { CheckpointError } from './errors.js'
import { checkExtents, extentsFrom, totalBytes, widenExtents } from './extents.js'
import { addDigests, movePiece } from './move-piece.js'
import { onAbort } from './on-abort.js'
import { cutPieces, pieceBytes, type Describable, type Piece } from './pieces.js'

export interface CopyOptions {
  readonly source: End
  readonly target: WritableEnd
  /** Sorted areas to bring over; widened here to whole grains. All else on the target is left as it is. */
  readonly extents: readonly Extent[]
  readonly sizeBytes: number
  /** True only for a fresh target without a parent: zeros are then left out instead of written. */
  readonly targetKnownZero: boolean
  readonly digests: DigestWriter
  /** Digests of what the target lies over, nearest layer first: only grains that differ from it are stored. */
  readonly previous?: readonly DigestReader[]
  /** What the extents were asked of (snapshot, change IDs): a checkpoint of another source is refused. */
  readonly identity?: string
  readonly checkpoint?: CheckpointOptions
  /** Goes on from here. Source content, extents and target must be those of the attempt that wrote it. */
  readonly resumeFrom?: Checkpoint
  readonly signal?: AbortSignal
  readonly onProgress?: (progress: CopyProgress) => void
  /** Longer than the slowest flush of the target: a flush moves no bytes until it is done. */
  readonly stallMs: number
}

// 16 requests of 1 MiB fill two connections of depth 8 on each side; small fragments get a longer line.
const inFlight = { bytes: 24 * pieceBytes, pieces: 96 }
const settleMs = 500

/**
 * Copies the extents from source to target with a digest of every grain. Resolves when all is flushed, the digests
 * are fsynced (not yet sealed: that is `digests.finish()`) and the last checkpoint stands.
 * Rejects with EndError, CheckpointError, a file system error or the signal's reason, within a second of an abort;
 * the ends stay the caller's to dispose.
 */
export const copy = async (options: CopyOptions): Promise<CopyResult> => {
  const { source, target, sizeBytes, digests, resumeFrom, signal, onProgress, stallMs } = options
  signal?.throwIfAborted()
  const areas = planAreas(options)
  const hash = planHash(sizeBytes, areas, options.identity)
  const cursor = resumeFrom?.cursor ?? 0
  if (resumeFrom !== undefined && resumeFrom.planHash !== hash)
    throw new CheckpointError(
      'plan-changed',
      `it was made for other areas or another size than ${sizeBytes} bytes`,
    )

  const rest = extentsFrom(areas, cursor)
  const bytesTotal = totalBytes(areas)
  const meter = createMeter(bytesTotal, bytesTotal - totalBytes(rest), resumeFrom)
  const halt = new AbortController()
  const stop = (error: unknown): void => halt.abort(error)
  const halted = new Promise<never>((_, reject) => {
    halt.signal.addEventListener('abort', () => reject(halt.signal.reason as Error), { once: true })
  })
  const ignore = onAbort(signal, () => stop(signal?.reason))
  const checkpoints = createCheckpoints({
    options: options.checkpoint,
    digests,
    planHash: hash,
    counts: () => {
      const { bytesRead, bytesStored, bytesSkipped } = meter.counts
      return { bytesRead, bytesStored, bytesSkipped }
    },
    flush: () => meter.on('target', () => target.flush(halt.signal)),
    failed: stop,
    finished: () => order.kick(),
  })
  const retire = (piece: Piece, found: PieceDigests): void => {
    addDigests(digests, piece, found)
    meter.counts.cursor = piece.offset + piece.length
    meter.counts.bytesDone += piece.length
    if (!halt.signal.aborted) checkpoints.advanced(piece.length, meter.counts.cursor)
  }
  const order = createOrder(inFlight, retire, {
    isHeld: checkpoints.isBehind,
    isOver: () => halt.signal.aborted,
  })
  const pool = createBufferPool(pieceBytes, inFlight.pieces)
  const unwatch = watchCopy({ source, target, meter, stallMs, onProgress, stalled: stop })

  const run = async (): Promise<void> => {
    // A new attempt's files must stand alone before it adds to them.
    if (resumeFrom !== undefined) await checkpoints.last(cursor)
    const pieces = cutPieces(meteredStatus(source, meter), rest, halt.signal)
    for await (const piece of pieces) {
      await order.room()
      if (halt.signal.aborted) return
      order.admit(piece, () => movePiece(piece, options, meter, pool), stop)
    }
    await order.empty()
    if (halt.signal.aborted) return
    meter.counts.cursor = sizeBytes
    checkpoints.end()
    await checkpoints.last(sizeBytes)
  }
  try {
    await Promise.race([run(), halted])
    const result = meter.report()
    onProgress?.(result)
    return result
  } catch (error) {
    stop(error)
    order.kick()
    await withinSettleTime(Promise.all([order.idle(), checkpoints.settled()]))
    throw error
  } finally {
    checkpoints.end()
    unwatch()
    ignore()
  }
}

const planAreas = ({ source, target, extents, sizeBytes, digests }: CopyOptions): Extent[] => {
  checkExtents(extents, sizeBytes)
  for (const [what, size] of [
    ['source', source.sizeBytes],
    ['target', target.sizeBytes],
  ] as const)
    if (size < sizeBytes) throw new RangeError(`the ${what} has ${size} bytes, the disk ${sizeBytes}`)
  if (digests.sizeBytes !== sizeBytes)
    throw new RangeError(`the digests are of a disk of ${digests.sizeBytes} bytes`)
  return widenExtents(extents, sizeBytes)
}

const meteredStatus = (source: End, meter: Meter): Describable => ({
  sizeBytes: source.sizeBytes,
  status: (offset, length, signal) => meter.on('source', () => source.status(offset, length, signal)),
})

const withinSettleTime = async (settled: Promise<unknown>): Promise<void> => {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, settleMs)))
  await Promise.race([settled, late])
  clearTimeout(timer)
}
