import { randomBytes } from 'node:crypto'
import { open, type FileHandle } from 'node:fs/promises'

import { createAppender, writeAll, type Start } from './digest-appender.js'
import { decodeHeader, decodeRecords, encodeHeader, pageBytes } from './digest-format.js'
import type { DigestKind, DigestWriter } from './digests.js'
import { DigestFileError } from './errors.js'
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

/** Creates (or empties) a digest file. Rejects with the errno of the file system. */
export const openDigestWriter = async (path: string, options: DigestWriterOptions): Promise<DigestWriter> => {
  const start = { ...options, fileId: randomBytes(16), pages: 0, nextBlock: 0, dataBlocks: 0, zeroBlocks: 0 }
  const file = await open(path, 'w', 0o600)
  return orClose(file, async () => {
    await writeAll(file, encodeHeader(start), 0)
    await file.sync()
    await syncDirectoryOf(path)
    return createAppender(path, file, start)
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
      return createAppender(path, file, start)
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
