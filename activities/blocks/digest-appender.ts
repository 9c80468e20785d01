import type { FileHandle } from 'node:fs/promises'

import { encodeTrailer, pageBytes } from './digest-format.js'
import { bytesOfPages, createPages, type PagesMark } from './digest-pages.js'
import type { DigestKind, DigestWriter } from './digests.js'
import { syncDirectoryOf } from './sync-directory.js'

/** Where an appender begins: an empty file, or the prefix of an earlier attempt. */
export interface Start extends PagesMark {
  readonly sizeBytes: number
  readonly kind: DigestKind
  readonly fileId: Buffer
}

const spoolBytes = 1024 * 1024

/** Appends records behind what the file holds; the caller's header stands in it. */
export const createAppender = (path: string, file: FileHandle, start: Start): DigestWriter => {
  const { sizeBytes, fileId } = start
  let queued: Buffer[] = []
  let writtenBytes = bytesOfPages(start.pages)
  let tail: Promise<unknown> = Promise.resolve()
  let isOpen = true
  let marks: PagesMark[] = [start]
  const pages = createPages({ sizeBytes, fileId, path }, start, (page) => {
    queued.push(page)
    if (queued.length * pageBytes >= spoolBytes) void spool().catch(() => {})
  })
  // Appends in order, behind the caller's back; a failure stays in `tail` and meets the next sync.
  const spool = (): Promise<unknown> => {
    const batch = Buffer.concat(queued)
    const at = writtenBytes
    queued = []
    writtenBytes += batch.length
    tail = tail.then(() => writeAll(file, batch, at))
    tail.catch(() => {})
    return tail
  }
  const sync = async (): Promise<void> => {
    const last = marks.at(-1)
    await spool()
    await file.datasync()
    // What was synced may not stand in a checkpoint yet, what is not synced never does: one before stays, too.
    marks = marks.slice(Math.max(0, marks.findIndex((one) => one === last) - 1))
  }
  const close = async (): Promise<void> => {
    if (!isOpen) return
    isOpen = false
    await tail.catch(() => {})
    await file.close()
  }
  return {
    sizeBytes,
    sync,
    add: (block, digest, count = 1) => pages.add(block, digest, count),
    mark() {
      const mark = pages.mark()
      marks.push(mark)
      return bytesOfPages(mark.pages)
    },
    rewind(bytes) {
      const mark = marks.find((one) => bytesOfPages(one.pages) === bytes)
      if (mark === undefined) throw new RangeError(`${path}: ${bytes} bytes are no mark of late`)
      marks = [mark]
      pages.rewind(mark)
      // Pages of the mark itself may still wait; what is in the file behind it is written over.
      queued = queued.slice(0, Math.max(0, (bytes - writtenBytes) / pageBytes))
      const end = (writtenBytes = Math.min(writtenBytes, bytes))
      tail = tail.then(() => file.truncate(end))
      tail.catch(() => {})
    },
    async finish() {
      const { pages: count, dataBlocks, zeroBlocks } = pages.mark()
      queued.push(encodeTrailer(count, { dataBlocks, zeroBlocks }, fileId))
      await sync()
      await close()
      await syncDirectoryOf(path)
      return { dataBlocks, zeroBlocks, fileBytes: writtenBytes }
    },
    [Symbol.asyncDispose]: close,
  }
}

export const writeAll = async (file: FileHandle, bytes: Buffer, at: number): Promise<void> => {
  for (let done = 0; done < bytes.length;)
    done += (await file.write(bytes, done, bytes.length - done, at + done)).bytesWritten
}
