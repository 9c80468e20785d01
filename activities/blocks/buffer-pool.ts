/** One copy's part of a pool. Disposing it gives back all room; buffers that are still out are never used again. */
export interface BufferShare extends Disposable {
  take(bytes: number, signal?: AbortSignal): Promise<Buffer>
  /** Only for buffers nobody writes to any more. */
  give(buffer: Buffer): void
  /** For a buffer that an end may still write to: its room is free, its memory is not used again. */
  drop(buffer: Buffer): void
}

export interface BufferPool {
  join(): BufferShare
}

const bufferBytes = 2 ** 20

/** Reuses request buffers: a fresh 1 MiB costs 256 page faults, a used one none. */
const createBufferPool = (): BufferPool => {
  const free: Buffer[] = []
  return {
    join: () => ({
      take: async (bytes) => (free.pop() ?? Buffer.allocUnsafeSlow(bufferBytes)).subarray(0, bytes),
      give: (buffer) => void (free.length < 64 && free.push(Buffer.from(buffer.buffer))),
      drop() {},
      [Symbol.dispose]() {},
    }),
  }
}

export const processBuffers: BufferPool = createBufferPool()
