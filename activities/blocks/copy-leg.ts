import type { BufferShare } from './buffer-pool.js'
import { createCheckpoints, type CheckpointInterval, type Mark } from './copy-checkpoints.js'
import type { LegMeter, Meter, Standing } from './copy-meter.js'
import { createOrder, weight } from './copy-order.js'
import type { DigestReader, DigestWriter } from './digests.js'
import type { End, Extent, WritableEnd } from './end.js'
import { extentsFrom } from './extents.js'
import { addDigests, movePiece, type MovedPiece, type Mover } from './move-piece.js'
import { cutPieces, type Describable } from './pieces.js'
import type { Piece, TargetKind } from './plan.js'
import { takeAll, type RateLimit } from './rate-limit.js'

/** What all legs of a copy have in common. */
export interface LegPlan {
  readonly sizeBytes: number
  readonly areas: readonly Extent[]
  readonly planHash: string
  readonly targetKind: TargetKind
  readonly previous: readonly DigestReader[] | undefined
  readonly digests: DigestWriter | undefined
  readonly interval: CheckpointInterval | undefined
  readonly checkpointPath: string | undefined
  readonly limits: readonly RateLimit[]
  readonly buffers: BufferShare
  readonly mayWrite: (() => Promise<void>) | undefined
  readonly onCheckpoint: ((durable: Mark) => void) | undefined
  readonly meter: Meter
}

interface Ends {
  readonly source: End
  readonly target: WritableEnd
}

// 16 MiB keep a target busy. When it stands still (a tenth of a second for each table that a qcow2 image grows), the
// source goes on to 40 MiB, which then are there to be written. Small fragments are bounded by their number.
export const inFlight = { bytes: 16 * 2 ** 20, bytesWhenStill: 40 * 2 ** 20, stillMs: 8, pieces: 96 }
const settleMs = 500

/** A copy runs in one leg, or in one more for every end that was lost on the way: each with its own ends. */
export const createLeg = (plan: LegPlan, ends: Ends, from: Standing, durable: Mark) => {
  const { meter, digests, buffers, mayWrite } = plan
  const own = meter.beginLeg(from)
  const halt = new AbortController()
  const { signal } = halt
  const stop = (error: unknown): void => {
    halt.abort(error)
    order.kick()
  }
  const halted = new Promise<never>((_, reject) =>
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true }),
  )
  halted.catch(() => {})
  const isOver = (): boolean => signal.aborted
  const checkpoints = createCheckpoints({
    ...plan,
    path: plan.checkpointPath,
    from: durable,
    standing: meter.standing,
    flush: () => Promise.race([own.on('target', () => ends.target.flush(signal)), halted]),
    failed: stop,
    finished: () => order.kick(),
  })
  const retire = (piece: Piece, moved: MovedPiece): void => {
    if (digests !== undefined) addDigests(digests, piece, moved)
    own.retire(piece.offset + piece.length, piece.length, moved.tally)
    checkpoints.advanced(weight(piece))
  }
  const order = createOrder(inFlight, retire, { isHeld: checkpoints.isBehind, isOver })
  const needsDigests = digests !== undefined || plan.previous !== undefined
  const mover: Mover = { ...plan, ...ends, needsDigests, meter: own }

  const run = async (): Promise<void> => {
    await mayWrite?.()
    // A new attempt's files must stand alone before it adds to them.
    if (from.cursor > 0) await checkpoints.now()
    const rest = extentsFrom(plan.areas, from.cursor)
    for await (const piece of cutPieces(meteredStatus(ends.source, own), rest, signal)) {
      await order.room()
      if (isOver()) return
      const buffer = await bufferFor(piece, plan, signal)
      if (isOver()) {
        if (buffer !== undefined) buffers.give(buffer)
        return
      }
      order.admit(piece, () => moveWith(buffer, buffers, () => movePiece(piece, buffer, mover)), stop)
    }
    await order.empty()
    if (isOver()) return
    meter.finish(plan.sizeBytes)
    checkpoints.end()
    await checkpoints.now()
  }
  return {
    stop,
    /** Resolves when all is moved and durable; rejects with what stopped it. */
    run: (): Promise<void> => Promise.race([run(), halted]),
    durable: checkpoints.durable,
    /** After a stop: waits a moment for what is in flight. */
    settle: (): Promise<void> => atMost(settleMs, Promise.all([order.idle(), checkpoints.settled()])),
    /** After a stop: resolves when no checkpoint is being written any more. */
    written: checkpoints.settled,
  }
}

const bufferFor = async (piece: Piece, plan: LegPlan, signal: AbortSignal): Promise<Buffer | undefined> => {
  if (piece.kind === 'zero') return undefined
  if (plan.limits.length > 0) await takeAll(plan.limits, piece.length, signal)
  return plan.buffers.take(piece.length, signal)
}

/** Given back for others only on success: after a failure an end may still write into it. */
const moveWith = async <T>(
  buffer: Buffer | undefined,
  buffers: BufferShare,
  move: () => Promise<T>,
): Promise<T> => {
  try {
    const moved = await move()
    if (buffer !== undefined) buffers.give(buffer)
    return moved
  } catch (error) {
    if (buffer !== undefined) buffers.drop(buffer)
    throw error
  }
}

const meteredStatus = (source: End, meter: LegMeter): Describable => ({
  sizeBytes: source.sizeBytes,
  status: (offset, length, signal) => meter.on('source', () => source.status(offset, length, signal)),
})

const atMost = async (ms: number, work: Promise<unknown>): Promise<void> => {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, ms)))
  await Promise.race([work, late])
  clearTimeout(timer)
}
