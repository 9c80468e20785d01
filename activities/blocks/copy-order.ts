import type { GrainDigest } from './digests.js'
import type { Piece } from './pieces.js'

/** A piece's digests: one a grain (undefined: it is as it was), or `zero` for all of it. */
export type PieceDigests = readonly (GrainDigest | undefined)[] | 'zero'

interface Slot {
  readonly piece: Piece
  digests: PieceDigests | undefined
}

export interface OrderLimits {
  readonly bytes: number
  readonly pieces: number
}

/**
 * Pieces finish in any order and leave in theirs: `retire` sees a piece only when all before it are done, so
 * nothing behind a gap is ever counted. Admission waits while too much is under way, or while
 * `isHeld`; it waits for nothing once the copy `isOver`.
 */
export const createOrder = (
  limits: OrderLimits,
  retire: (piece: Piece, digests: PieceDigests) => void,
  gate: { readonly isHeld: () => boolean; readonly isOver: () => boolean },
) => {
  const slots: Slot[] = []
  let head = 0
  let bytes = 0
  let running = 0
  let waiting: (() => void)[] = []

  const hasRoom = (): boolean =>
    gate.isOver() || (!gate.isHeld() && bytes < limits.bytes && slots.length - head < limits.pieces)
  const kick = (): void => {
    const woken = waiting
    waiting = []
    for (const wake of woken) wake()
  }
  const retireReady = (): void => {
    for (let slot = slots[head]; slot?.digests !== undefined; slot = slots[++head]) {
      bytes -= weight(slot.piece)
      retire(slot.piece, slot.digests)
    }
    if (head > 1024 || head === slots.length) {
      slots.splice(0, head)
      head = 0
    }
  }
  const until = async (condition: () => boolean): Promise<void> => {
    while (!condition()) await new Promise<void>((resolve) => waiting.push(resolve))
  }
  return {
    kick,
    room: () => until(hasRoom),
    /** Starts the work of the next piece; its failure goes to `failed`. */
    admit(piece: Piece, work: () => Promise<PieceDigests>, failed: (error: unknown) => void): void {
      const slot: Slot = { piece, digests: undefined }
      slots.push(slot)
      bytes += weight(piece)
      running++
      work()
        .then((digests) => {
          slot.digests = digests
          retireReady()
        })
        .catch(failed)
        .finally(() => {
          running--
          kick()
        })
    },
    empty: () => until(() => gate.isOver() || head === slots.length),
    idle: () => until(() => running === 0),
  }
}

// Zero ranges hold no buffer; they count as one grain so that a sparse disk still has a bounded line.
const weight = (piece: Piece): number => (piece.kind === 'zero' ? 65_536 : piece.length)
