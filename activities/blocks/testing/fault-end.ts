import { EndError, type EndOp } from '../errors.js'
import type { WritableEnd } from '../end.js'

export interface Call {
  readonly op: EndOp
  readonly offset: number
  readonly length: number
}

export interface FaultOptions {
  /** Called before each operation: throw to fail it, return a promise to hold it. */
  readonly before?: (call: Call) => unknown
  /** Called after each operation that succeeded. */
  readonly after?: (call: Call) => void
}

/** Wraps an end so that a test can fail, hold, reorder or observe its operations. */
export const faultEnd = (end: WritableEnd, { before, after }: FaultOptions): WritableEnd => {
  const through = async <T>(call: Call, work: () => Promise<T>): Promise<T> => {
    await before?.(call)
    const result = await work()
    after?.(call)
    return result
  }
  return {
    ...end,
    read: (offset, length) => through({ op: 'read', offset, length }, () => end.read(offset, length)),
    status: (offset, length) => through({ op: 'status', offset, length }, () => end.status(offset, length)),
    write: (offset, data) =>
      through({ op: 'write', offset, length: data.length }, () => end.write(offset, data)),
    zero: (offset, length) => through({ op: 'zero', offset, length }, () => end.zero(offset, length)),
    flush: () => through({ op: 'flush', offset: 0, length: 0 }, () => end.flush()),
  }
}

/** Fails the operation `op` from the `after`-th call on. */
export const failingEnd = (
  end: WritableEnd,
  { on, after = 0, errno }: { on: EndOp; after?: number; errno: string },
): WritableEnd => {
  let seen = 0
  return faultEnd(end, {
    before({ op, offset, length }) {
      if (op !== on || seen++ < after) return
      throw new EndError({ side: 'target', op, offset, length, errno, where: end.describe })
    },
  })
}
