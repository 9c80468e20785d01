import { randomBytes } from 'node:crypto'
import { open, type FileHandle } from 'node:fs/promises'

import { decodeHeader, decodeRecords, encodeHeader, encodeRecords, encodeTrailer } from './digest-format.js'
import { maxZeroRun, pageBytes, recordsPerPage } from './digest-format.js'
import type { DigestKind, DigestRecord, DigestWriter, GrainDigest } from './digests.js'
import { DigestFileError } from './errors.js'
import { grainBytes } from './extents.js'
import { syncDirectoryOf } from './sync-directory.js'

export interface DigestWriterOptions {
  readonly sizeBytes: number
  readonly kind: DigestKind
}

export interface ResumeFrom {
  /** The digest file of the attempt before; it is only read. */
  readonly path: string
  /** `digestBytes` of the checkpoint: how much of that file is durable and belongs to the copied part. */
  readonly digestBytes: number
}

interface Start extends DigestWriterOptions {
  readonly fileId: Buffer
  readonly pages: number
  readonly nextBlock: number
  readonly dataBlocks: number
  readonly zeroBlocks: number
}

/** Creates (or empties) a digest file. Rejects with the errno of the file system. */
export const openDigestWriter = async (path: string, options: DigestWriterOptions): Promise<DigestWriter> => {
  const start = { ...options, fileId: randomBytes(16), pages: 0, nextBlock: 0, dataBlocks: 0, zeroBlocks: 0 }
  const file = await open(path, 'w', 0o600)
  return orClose(file, async () => {
    await writeAll(file, encodeHeader(start), 0)
    await file.sync()
    await syncDirectoryOf(path)
    return createWriter(path, file, start)
  })
}

/**
 * Starts a new attempt's file with the valid prefix of the attempt before, checking each page on the way.
 * Rejects with a DigestFileError where the prefix is not whole; the copy must then begin anew.
 */
export const resumeDigestWriter = async (
  path: string,
  from: ResumeFrom,
  options: DigestWriterOptions,
): Promise<DigestWriter> => {
  const old = await open(from.path, 'r')
  try {
    const file = await open(path, 'w', 0o600)
    return await orClose(file, async () => {
      const start = await copyPrefix(old, file, from, options)
      await file.sync()
      await syncDirectoryOf(path)
      return createWriter(path, file, start)
    })
  } finally {
    await old.close()
  }
}

const orClose = async <T>(file: FileHandle, work: () => Promise<T>): Promise<T> => {
  try {
    return await work()
  } catch (error) {
    await file.close()
    throw error
  }
}

const copyPrefix = async (
  old: FileHandle,
  file: FileHandle,
  { path, digestBytes }: ResumeFrom,
  options: DigestWriterOptions,
): Promise<Start> => {
  const page = Buffer.alloc(pageBytes)
  const take = async (at: number): Promise<void> => {
    const { bytesRead } = await old.read(page, 0, pageBytes, at)
    if (bytesRead < pageBytes)
      throw new DigestFileError(path, 'truncated', `it ends before byte ${digestBytes}`)
    await writeAll(file, page, at)
  }
  if (digestBytes < pageBytes || digestBytes % pageBytes !== 0)
    throw new DigestFileError(path, 'mismatch', `${digestBytes} bytes are no whole pages`)
  await take(0)
  const header = decodeHeader(page)
  if (typeof header === 'string') throw new DigestFileError(path, header, 'bad header')
  if (header.sizeBytes !== options.sizeBytes || header.kind !== options.kind)
    throw new DigestFileError(path, 'mismatch', `it is of a ${header.kind} of ${header.sizeBytes} bytes`)
  let [nextBlock, dataBlocks, zeroBlocks] = [0, 0, 0]
  const pages = digestBytes / pageBytes - 1
  for (let number = 1; number <= pages; number++) {
    await take(number * pageBytes)
    const records = decodeRecords(page, number, header.fileId)
    if (records === undefined) throw new DigestFileError(path, 'damaged', `page ${number}`)
    for (const { block, count, digest } of records) {
      if (block < nextBlock) throw new DigestFileError(path, 'damaged', `page ${number} is out of order`)
      nextBlock = block + count
      if (digest === 'zero') zeroBlocks += count
      else dataBlocks++
    }
  }
  return { ...options, fileId: header.fileId, pages, nextBlock, dataBlocks, zeroBlocks }
}

const createWriter = (path: string, file: FileHandle, start: Start): DigestWriter => {
  const { sizeBytes, fileId } = start
  const blocks = Math.ceil(sizeBytes / grainBytes)
  let { pages, nextBlock, dataBlocks, zeroBlocks } = start
  let records: DigestRecord[] = []
  let queued: Buffer[] = []
  let writtenBytes = pageBytes * (1 + start.pages)
  let tail: Promise<unknown> = Promise.resolve()
  let isOpen = true

  const closePage = (): void => {
    if (records.length === 0) return
    queued.push(encodeRecords(records, ++pages, fileId))
    records = []
    if (queued.length * pageBytes >= spoolBytes) void spool().catch(() => {})
  }
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
  const push = (block: number, digest: GrainDigest, count: number): void => {
    const last = records.at(-1)
    if (digest === 'zero' && last?.digest === 'zero' && last.block + last.count === block) {
      if (last.count + count <= maxZeroRun) {
        records[records.length - 1] = { ...last, count: last.count + count }
        return
      }
    }
    records.push({ block, count, digest })
    if (records.length > recordsPerPage) {
      const overflow = records.pop()!
      closePage()
      records.push(overflow)
    }
  }
  const sync = async (): Promise<void> => {
    await spool()
    await file.datasync()
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
    add(block, digest, count = 1) {
      if (block < nextBlock || block + count > blocks || count < 1 || (digest !== 'zero' && count > 1))
        throw new RangeError(
          `${path}: block ${block} (${count}) does not follow block ${nextBlock - 1} of ${blocks}`,
        )
      nextBlock = block + count
      if (digest === 'zero') zeroBlocks += count
      else dataBlocks++
      for (let done = 0; done < count; done += maxZeroRun)
        push(block + done, digest, Math.min(maxZeroRun, count - done))
    },
    mark() {
      closePage()
      return pageBytes * (1 + pages)
    },
    async finish() {
      closePage()
      queued.push(encodeTrailer(pages, { dataBlocks, zeroBlocks }, fileId))
      await sync()
      await close()
      await syncDirectoryOf(path)
      return { dataBlocks, zeroBlocks, fileBytes: writtenBytes }
    },
    [Symbol.asyncDispose]: close,
  }
}

const spoolBytes = 1024 * 1024

const writeAll = async (file: FileHandle, bytes: Buffer, at: number): Promise<void> => {
  for (let done = 0; done < bytes.length;)
    done += (await file.write(bytes, done, bytes.length - done, at + done)).bytesWritten
}
