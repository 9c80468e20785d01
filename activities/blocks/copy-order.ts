import type { Piece } from './plan.js'

interface Slot<T> {
  readonly piece: Piece
  result: T | undefined
}

export interface OrderLimits {
  /** While pieces get done … */
  readonly bytes: number
  /** … and while none did for `stillMs`: what stands still soon catches up, if it need not wait for the source. */
  readonly bytesWhenStill: number
  readonly stillMs: number
  readonly pieces: number
}

/**
 * Pieces finish in any order and leave in theirs: `retire` sees a piece only when all before it are done, so
 * nothing behind a gap is ever counted. Admission waits while too much is under way, or while
 * `isHeld`; it waits for nothing once the copy `isOver`.
 */
export const createOrder = <T extends object>(
  limits: OrderLimits,
  retire: (piece: Piece, result: T) => void,
  gate: { readonly isHeld: (bytesUnderWay: number) => boolean; readonly isOver: () => boolean },
) => {
  const slots: Slot<T>[] = []
  let head = 0
  let bytes = 0
  let running = 0
  let waiting: (() => void)[] = []
  let lastDone = performance.now()
  let isStill = false
  let stillness: NodeJS.Timeout | undefined

  const hasRoom = (): boolean =>
    gate.isOver() ||
    (!gate.isHeld(bytes) &&
      bytes < (isStill ? limits.bytesWhenStill : limits.bytes) &&
      slots.length - head < limits.pieces)
  /** Comes back when nothing got done for a while: whoever waits may then go on. */
  const watch = (): void => {
    stillness ??= setTimeout(() => {
      stillness = undefined
      isStill = performance.now() - lastDone >= limits.stillMs
      if (isStill) kick()
      else if (waiting.length > 0) watch()
    }, limits.stillMs)
  }
  const done = (): void => {
    lastDone = performance.now()
    isStill = false
  }
  const kick = (): void => {
    const woken = waiting
    waiting = []
    for (const wake of woken) wake()
  }
  const retireReady = (): void => {
    for (let slot = slots[head]; slot?.result !== undefined; slot = slots[++head]) {
      bytes -= weight(slot.piece)
      if (!gate.isOver()) retire(slot.piece, slot.result)
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
    room: () => {
      if (!hasRoom()) watch()
      return until(hasRoom)
    },
    /** Starts the work of the next piece; its failure goes to `failed`. */
    admit(piece: Piece, work: () => Promise<T>, failed: (error: unknown) => void): void {
      const slot: Slot<T> = { piece, result: undefined }
      slots.push(slot)
      bytes += weight(piece)
      running++
      work()
        .then((result) => {
          slot.result = result
          done()
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

/** Zero ranges hold no buffer and cost little; they count as one grain, so that of a sparse disk they still count. */
export const weight = (piece: Piece): number => (piece.kind === 'zero' ? 65_536 : piece.length)
