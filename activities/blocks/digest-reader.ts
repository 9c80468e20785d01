import { open, type FileHandle } from 'node:fs/promises'

import { decodeHeader, decodeRecords, decodeTrailer, pageBytes, type DigestHeader } from './digest-format.js'
import type { DigestReader, DigestRecord, DigestTotals, GrainDigest } from './digests.js'
import { DigestFileError } from './errors.js'

const cachedPages = 64

/**
 * Opens a sealed digest file in place: header and trailer are checked now, each record page when it is read.
 * Rejects with a DigestFileError (foreign, version, truncated, unsealed, damaged) or the file system's error.
 */
export const openDigests = async (path: string): Promise<DigestReader> => {
  const file = await open(path, 'r')
  try {
    const { header, pages, totals } = await readFrame(path, file)
    return createReader(path, file, header, pages, totals)
  } catch (error) {
    await file.close()
    throw error
  }
}

const readPage = async (path: string, file: FileHandle, number: number): Promise<Buffer> => {
  const page = Buffer.allocUnsafeSlow(pageBytes)
  const { bytesRead } = await file.read(page, 0, pageBytes, number * pageBytes)
  if (bytesRead !== pageBytes) throw new DigestFileError(path, 'truncated', `page ${number} is missing`)
  return page
}

const readFrame = async (path: string, file: FileHandle) => {
  const { size } = await file.stat()
  if (size < pageBytes) throw new DigestFileError(path, 'truncated', `${size} bytes hold no header`)
  const header = decodeHeader(await readPage(path, file, 0))
  if (typeof header === 'string') throw new DigestFileError(path, header, 'bad header')
  if (size % pageBytes !== 0) throw new DigestFileError(path, 'truncated', `${size} bytes are no whole pages`)
  const lastPage = size / pageBytes - 1
  const last = await readPage(path, file, lastPage)
  const trailer = lastPage > 0 ? decodeTrailer(last, header.fileId) : undefined
  if (trailer === undefined) throw new DigestFileError(path, 'unsealed', 'its writer did not finish it')
  if (trailer.pages !== lastPage - 1)
    throw new DigestFileError(
      path,
      'damaged',
      `${lastPage - 1} record pages where ${trailer.pages} were written`,
    )
  const { pages, ...blocks } = trailer
  const totals: DigestTotals = { ...blocks, fileBytes: size }
  return { header, pages, totals }
}

const createReader = (
  path: string,
  file: FileHandle,
  { sizeBytes, kind, fileId }: DigestHeader,
  pages: number,
  totals: DigestTotals,
): DigestReader => {
  const cache = new Map<number, Promise<DigestRecord[]>>()
  let near = 1

  const parse = async (number: number): Promise<DigestRecord[]> => {
    const records = decodeRecords(await readPage(path, file, number), number, fileId)
    if (records === undefined) throw new DigestFileError(path, 'damaged', `page ${number} fails its checksum`)
    return records
  }
  const load = (number: number): Promise<DigestRecord[]> => {
    const known = cache.get(number) ?? parse(number)
    // Re-inserted last: a Map in insertion order is the least-recently-used list.
    cache.delete(number)
    cache.set(number, known)
    if (cache.size > cachedPages) cache.delete(cache.keys().next().value!)
    return known
  }
  const firstOf = async (number: number): Promise<number> =>
    number > pages ? Infinity : (await load(number))[0]!.block
  /** The last page that starts at or before `block` (or page 1). */
  const pageFor = async (block: number): Promise<number> => {
    const guess = near
    if (guess <= pages && (await firstOf(guess)) <= block && block < (await firstOf(guess + 1))) return guess
    let [low, high] = [1, pages]
    while (low < high) {
      const middle = Math.ceil((low + high) / 2)
      if ((await firstOf(middle)) <= block) low = middle
      else high = middle - 1
    }
    return low
  }
  const lookupRange = async (firstBlock: number, count: number): Promise<(GrainDigest | undefined)[]> => {
    const found = new Array<GrainDigest | undefined>(count).fill(undefined)
    const end = firstBlock + count
    for (let number = await pageFor(firstBlock); number <= pages; number++) {
      const records = await load(number)
      if (records[0]!.block >= end) break
      near = number
      for (const { block, count: run, digest } of records)
        for (let at = Math.max(block, firstBlock); at < Math.min(block + run, end); at++)
          found[at - firstBlock] = digest
    }
    return found
  }
  return {
    path,
    sizeBytes,
    kind,
    totals,
    lookupRange,
    lookup: async (block) => (await lookupRange(block, 1))[0],
    async *[Symbol.asyncIterator]() {
      for (let number = 1; number <= pages; number++) yield* await load(number)
    },
    [Symbol.asyncDispose]: () => file.close(),
  }
}
