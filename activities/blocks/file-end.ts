import type { FileHandle } from 'node:fs/promises'

import type { Side, WritableEnd } from './end.js'
import { EndError, type EndOp } from './errors.js'
import { hasHonestBlocks, isAllHole, readWhole, writeWhole, zeroRange } from './file-bytes.js'
import { fileError, openDisk } from './file-open.js'
import { orAborted } from './on-abort.js'

export interface FileEndOptions {
  readonly side: Side
  /** True for a source unless said otherwise. */
  readonly readOnly?: boolean
  /** Where there is no file: makes one of this size, all of it a hole. */
  readonly create?: { readonly sizeBytes: number }
}

export interface FileEnd extends WritableEnd {
  /** True where this call made the file: it is known to be zero. */
  readonly isCreated: boolean
  readInto(offset: number, into: Buffer, signal?: AbortSignal): Promise<void>
  bytesMoved(): number
}

const closeMs = 500

/**
 * A raw file or a block device. Rejects with an EndError (op `open`). Node cannot ask where holes are: `status`
 * knows only files that are nothing but hole, and calls all else data.
 */
export const fileEnd = async (path: string, options: FileEndOptions): Promise<FileEnd> => {
  const { side, readOnly = side === 'source', create } = options
  const where = `file ${path}`
  const fail = (op: EndOp, offset: number, length: number, error: unknown): EndError => {
    const { code = 'EIO', message } = error as NodeJS.ErrnoException
    return new EndError({
      side,
      op,
      offset,
      length,
      errno: code,
      where,
      detail: plain(message),
      cause: error,
    })
  }
  const opened = await openDisk(path, { readOnly, create }).catch((error: unknown) => {
    throw fail('open', 0, 0, error)
  })
  const { file, sizeBytes, isCreated } = opened
  const countsBlocks = await hasHonestBlocks(file)
  let moved = 0
  const count = (bytes: number): void => void (moved += bytes)
  let isClosed = false

  const check = (op: EndOp, offset: number, length: number): void => {
    const refuse = (code: string, text: string): EndError => fail(op, offset, length, fileError(code, text))
    if (isClosed) throw refuse('EBADF', 'it is closed')
    if (!(offset >= 0 && length >= 0 && offset + length <= sizeBytes))
      throw refuse('EINVAL', `outside a disk of ${sizeBytes} bytes`)
    if (readOnly && (op === 'write' || op === 'zero')) throw refuse('EPERM', 'it was opened for reading only')
  }
  const run = async <T>({ op, offset, length, signal }: Asked, work: () => Promise<T>): Promise<T> => {
    signal?.throwIfAborted()
    check(op, offset, length)
    const failed = (error: unknown): never => {
      throw error === signal?.reason ? error : fail(op, offset, length, error)
    }
    return orAborted(work().catch(failed), signal)
  }
  const readInto = (offset: number, into: Buffer, signal?: AbortSignal): Promise<void> =>
    run({ op: 'read', offset, length: into.length, signal }, () => readWhole(file, offset, into, count))
  const flush = createFlush(file, isCreated)
  return {
    sizeBytes,
    readOnly,
    describe: where,
    isCreated,
    bytesMoved: () => moved,
    readInto,
    async read(offset, length, signal) {
      check('read', offset, length)
      const into = Buffer.allocUnsafeSlow(length)
      await readInto(offset, into, signal)
      return into
    },
    status: (offset, length, signal) =>
      run({ op: 'status', offset, length, signal }, async () => {
        const zero = countsBlocks && (await isAllHole(file))
        return length === 0 ? [] : [{ offset, length, hole: zero, zero }]
      }),
    write: (offset, data, signal) =>
      run({ op: 'write', offset, length: data.length, signal }, () => writeWhole(file, offset, data, count)),
    zero: (offset, length, signal) =>
      run({ op: 'zero', offset, length, signal }, () => zeroRange(file, { offset, length }, signal, count)),
    flush: (signal) => run({ op: 'flush', offset: 0, length: 0, signal }, flush),
    async [Symbol.asyncDispose]() {
      isClosed = true
      // Node closes behind the last request in flight, which a dead network disk may never answer.
      await within(closeMs, file.close())
    },
  }
}

const createFlush = (file: FileHandle, isCreated: boolean): (() => Promise<void>) => {
  let sizeIsNew = isCreated
  let lost: unknown
  return async () => {
    // Linux reports lost writes once: a flush after a failed one would succeed and mean nothing.
    if (lost !== undefined) throw lost
    try {
      await (sizeIsNew ? file.sync() : file.datasync())
      sizeIsNew = false
    } catch (error) {
      lost = error
      throw error
    }
  }
}

interface Asked {
  readonly op: EndOp
  readonly offset: number
  readonly length: number
  readonly signal: AbortSignal | undefined
}

// `ENOENT: no such file or directory, open '/x'`: code, call and path are said by the EndError already.
const plain = (message: string): string => /^[A-Z0-9]+: (.*?), \w+( '.*)?$/s.exec(message)?.[1] ?? message

const within = async (ms: number, work: Promise<unknown>): Promise<void> => {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, ms)))
  await Promise.race([work, late]).finally(() => clearTimeout(timer))
}
