import { EndError, type EndOp } from './errors.js'
import type { Side, StatusExtent, WritableEnd } from './end.js'

export interface MemoryEndOptions {
  readonly side?: Side
  readonly readOnly?: boolean
  /** False: answers one data extent, as servers without block status do. */
  readonly reportsHoles?: boolean
}

const probeBytes = 4096
const zeros = Buffer.alloc(probeBytes)

/** A disk in memory with true block status in 4 KiB steps. `bytes()` is the live content. */
export const memoryEnd = (
  content: number | Buffer,
  { side = 'source', readOnly = false, reportsHoles = true }: MemoryEndOptions = {},
): WritableEnd & { bytes(): Buffer } => {
  const disk = typeof content === 'number' ? Buffer.alloc(content) : content
  const check = (op: EndOp, offset: number, length: number, signal?: AbortSignal): void => {
    signal?.throwIfAborted()
    const fail = (errno: string): EndError =>
      new EndError({ side, op, offset, length, errno, where: 'memory disk' })
    if (offset < 0 || length < 0 || offset + length > disk.length) throw fail('EINVAL')
    if (readOnly && (op === 'write' || op === 'zero')) throw fail('EPERM')
  }
  return {
    sizeBytes: disk.length,
    readOnly,
    describe: 'memory disk',
    bytes: () => disk,
    async read(offset, length, signal) {
      check('read', offset, length, signal)
      return Buffer.from(disk.subarray(offset, offset + length))
    },
    async status(offset, length, signal) {
      check('status', offset, length, signal)
      return reportsHoles ? scan(disk, offset, length) : [{ offset, length, hole: false, zero: false }]
    },
    async write(offset, data, signal) {
      check('write', offset, data.length, signal)
      data.copy(disk, offset)
    },
    async zero(offset, length, signal) {
      check('zero', offset, length, signal)
      disk.fill(0, offset, offset + length)
    },
    async flush(signal) {
      signal?.throwIfAborted()
    },
    async [Symbol.asyncDispose]() {},
  }
}

const scan = (disk: Buffer, offset: number, length: number): StatusExtent[] => {
  const found: { offset: number; length: number; hole: boolean; zero: boolean }[] = []
  const end = offset + length
  for (let at = offset; at < end;) {
    const next = Math.min(end, at - (at % probeBytes) + probeBytes)
    const zero = disk.compare(zeros, 0, next - at, at, next) === 0
    const last = found.at(-1)
    if (last?.zero === zero) last.length += next - at
    else found.push({ offset: at, length: next - at, hole: zero, zero })
    at = next
  }
  return found
}
