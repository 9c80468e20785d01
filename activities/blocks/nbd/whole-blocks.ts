import { onAbort } from '../on-abort.js'

/** Requests that the server takes as they are. */
export interface Aligned {
  read(offset: number, into: Buffer, signal?: AbortSignal): Promise<void>
  write(offset: number, data: Buffer, signal?: AbortSignal): Promise<void>
  zero(offset: number, length: number, signal?: AbortSignal): Promise<void>
}

/**
 * Requests of any offset and length for a server that takes whole blocks only. A write of a part of a block reads the
 * block, puts the part in, and writes it back; the last block ends where the export does.
 */
export const onWholeBlocks = (
  { minBlockBytes, sizeBytes }: { readonly minBlockBytes: number; readonly sizeBytes: number },
  aligned: Aligned,
): Aligned => {
  const down = (at: number): number => at - (at % minBlockBytes)
  const up = (at: number): number => Math.min(Math.ceil(at / minBlockBytes) * minBlockBytes, sizeBytes)
  const isWhole = (offset: number, length: number): boolean =>
    down(offset) === offset && up(offset + length) === offset + length
  // Two writes of parts of one block must not read it both before either writes.
  const inTurn = createTurns()

  const writePart = async (offset: number, data: Buffer, signal?: AbortSignal): Promise<void> => {
    const start = down(offset)
    const end = up(offset + data.length)
    const lastBlock = down(end - 1)
    const whole = Buffer.allocUnsafe(end - start)
    if (start !== offset || lastBlock === start)
      await aligned.read(start, whole.subarray(0, up(start + 1) - start), signal)
    if (lastBlock !== start && end !== offset + data.length)
      await aligned.read(lastBlock, whole.subarray(lastBlock - start), signal)
    data.copy(whole, offset - start)
    await aligned.write(start, whole, signal)
  }
  const write = (offset: number, data: Buffer, signal?: AbortSignal): Promise<void> =>
    isWhole(offset, data.length)
      ? aligned.write(offset, data, signal)
      : inTurn(() => writePart(offset, data, signal), signal)
  return {
    write,
    async read(offset, into, signal) {
      if (isWhole(offset, into.length)) return aligned.read(offset, into, signal)
      const start = down(offset)
      const whole = Buffer.allocUnsafe(up(offset + into.length) - start)
      await aligned.read(start, whole, signal)
      whole.copy(into, 0, offset - start)
    },
    async zero(offset, length, signal) {
      const end = offset + length
      const [from, to] = [up(offset), isWhole(end, 0) ? end : down(end)]
      // Parts of blocks on both sides of whole ones, or parts only.
      if (to <= from) return write(offset, Buffer.alloc(length), signal)
      if (from > offset) await write(offset, Buffer.alloc(from - offset), signal)
      await aligned.zero(from, to - from, signal)
      if (end > to) await write(to, Buffer.alloc(end - to), signal)
    },
  }
}

/** One after the other; whoever gives up its turn is skipped. */
const createTurns = () => {
  let last: Promise<unknown> = Promise.resolve()
  return (work: () => Promise<void>, signal?: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      const ignore = onAbort(signal, () => reject(signal?.reason as Error))
      last = last
        .then(() => (signal?.aborted === true ? undefined : work()))
        .then(resolve, reject)
        .finally(ignore)
    })
}
