import { processBuffers, type BufferPool } from './buffer-pool.js'
import { planHash, type Checkpoint } from './checkpoint.js'
import type { CheckpointOptions, Mark } from './copy-checkpoints.js'
import { createEnds, type Reopen } from './copy-ends.js'
import { createLeg, type LegPlan } from './copy-leg.js'
import { createMeter, type CopyProgress, type CopyResult } from './copy-meter.js'
import { watchCopy } from './copy-watch.js'
import type { DigestReader, DigestWriter } from './digests.js'
import type { End, Extent, WritableEnd } from './end.js'
import { CheckpointError, type EndError } from './errors.js'
import { checkExtents, extentsFrom, totalBytes, widenExtents } from './extents.js'
import { onAbort } from './on-abort.js'
import type { RateLimit } from './rate-limit.js'

export interface CopyOptions {
  readonly source: End
  readonly target: WritableEnd
  /** Sorted areas to bring over; widened here to whole grains. All else on the target is left as it is. */
  readonly extents: readonly Extent[]
  readonly sizeBytes: number
  /** True only for a fresh target without a parent: zeros are then left out instead of written. */
  readonly targetKnownZero: boolean
  /** Where the digest of every grain goes; absent: none is made. */
  readonly digests?: DigestWriter
  /** Digests of what the target lies over, nearest layer first: only grains that differ from it are stored. */
  readonly previous?: readonly DigestReader[]
  /** What the extents were asked of (snapshot, change IDs): a checkpoint of another source is refused. */
  readonly identity?: string
  readonly checkpoint?: CheckpointOptions
  /** Goes on from here. Source content, extents and target must be those of the attempt that wrote it. */
  readonly resumeFrom?: Checkpoint
  /** How to open an end again that was lost, or that stalled; absent: the copy fails with its EndError. */
  readonly reopen?: Reopen
  /** Every byte read passes all of them; they may be shared with other copies, and changed at any time. */
  readonly limits?: readonly RateLimit[]
  /** Whom the buffers are taken from; all copies of a process share one pool when absent. */
  readonly buffers?: BufferPool
  /** The fence: asked before the first write, after a lost end and before each checkpoint. Rejects = the lease is lost. */
  readonly mayWrite?: () => Promise<void>
  readonly signal?: AbortSignal
  readonly onProgress?: (progress: CopyProgress) => void
  /** Called after each checkpoint, once all below its cursor is durable. */
  readonly onCheckpoint?: (durable: Mark) => void
  /** Longer than the slowest flush of the target: a flush moves no bytes until it is done. */
  readonly stallMs: number
}

// What a lost target costs when the caller keeps no checkpoints: as much as one with them.
const ownInterval = { everyBytes: 128 * 2 ** 20, everyMs: 5000 }

/**
 * Copies the extents from source to target with a digest of every grain. Resolves when all is flushed, the digests
 * are fsynced (not yet sealed: that is `digests.finish()`) and the last checkpoint stands.
 * Rejects with EndError, CheckpointError, a file system error or the signal's reason, within a second of an abort;
 * the ends stay the caller's to dispose.
 */
export const copy = async (options: CopyOptions): Promise<CopyResult> => {
  const { signal, onProgress, stallMs, sizeBytes } = options
  signal?.throwIfAborted()
  const areas = planAreas(options)
  const hash = planHash(sizeBytes, areas, options.identity)
  const meter = createMeter(totalBytes(areas))
  using buffers = (options.buffers ?? processBuffers).join()
  const plan: LegPlan = {
    areas,
    planHash: hash,
    targetKind: options.previous ? 'overlay' : options.targetKnownZero ? 'fresh' : 'existing',
    previous: options.previous,
    digests: options.digests,
    interval: options.checkpoint ?? (options.reopen?.target && ownInterval),
    checkpointPath: options.checkpoint?.path,
    limits: options.limits ?? [],
    buffers,
    mayWrite: options.mayWrite,
    onCheckpoint: options.onCheckpoint,
    meter,
    sizeBytes,
  }
  const start = startOf(options, areas, hash)
  const ends = createEnds(options)
  let leg = createLeg(plan, ends.now(), start, start)
  let isOver = false
  const halt = new AbortController()
  const ignore = onAbort(signal, () => {
    halt.abort(signal?.reason)
    leg.stop(signal?.reason)
  })
  const unwatch = watchCopy({
    ends: ends.now,
    meter,
    stallMs,
    onProgress,
    stalled: (error) => leg.stop(error),
  })

  /** The next leg, over an end that was opened again: a target may have lost what was not flushed, a source nothing. */
  const goOn = async (error: EndError): Promise<typeof leg> => {
    await leg.written()
    meter.setAway(error.side)
    const standing = meter.standing()
    const durable = leg.durable()
    await ends.replace(error, standing.bytesDone, halt.signal)
    meter.setAway(undefined)
    if (error.side === 'source') return createLeg(plan, ends.now(), standing, durable)
    options.digests?.rewind(durable.digestBytes)
    return createLeg(plan, ends.now(), durable, durable)
  }
  try {
    while (!isOver)
      try {
        await leg.run()
        isOver = true
      } catch (error) {
        leg.stop(error)
        await leg.settle()
        if (halt.signal.aborted || !ends.canReopen(error)) throw error
        leg = await goOn(error)
      }
    const result = meter.report()
    onProgress?.(result)
    return result
  } finally {
    unwatch()
    ignore()
  }
}

const startOf = (options: CopyOptions, areas: readonly Extent[], hash: string): Mark => {
  const { resumeFrom, sizeBytes, digests } = options
  const digestBytes = digests?.mark() ?? 0
  const { cursor = 0, counts = { bytesRead: 0, bytesStored: 0, bytesSkipped: 0 } } = resumeFrom ?? {}
  if (resumeFrom !== undefined && resumeFrom.planHash !== hash)
    throw new CheckpointError(
      'plan-changed',
      `it was made for other areas or another size than ${sizeBytes} bytes`,
    )
  return {
    cursor,
    counts,
    digestBytes,
    bytesDone: totalBytes(areas) - totalBytes(extentsFrom(areas, cursor)),
  }
}

const planAreas = (options: CopyOptions): Extent[] => {
  const { source, target, extents, sizeBytes, digests, previous, targetKnownZero } = options
  checkExtents(extents, sizeBytes)
  for (const [what, size] of [
    ['source', source.sizeBytes],
    ['target', target.sizeBytes],
  ] as const)
    if (size < sizeBytes) throw new RangeError(`the ${what} has ${size} bytes, the disk ${sizeBytes}`)
  if (digests !== undefined && digests.sizeBytes !== sizeBytes)
    throw new RangeError(`the digests are of a disk of ${digests.sizeBytes} bytes`)
  if (previous !== undefined && targetKnownZero)
    throw new RangeError('a target that lies over others is not known to read as zeros')
  return widenExtents(extents, sizeBytes)
}
