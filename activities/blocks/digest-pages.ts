import { encodeRecords, maxZeroRun, pageBytes, recordsPerPage } from './digest-format.js'
import type { DigestRecord, GrainDigest } from './digests.js'
import { grainBytes } from './extents.js'

/** The state of a digest file at a page's end. */
export interface PagesMark {
  readonly pages: number
  readonly nextBlock: number
  readonly dataBlocks: number
  readonly zeroBlocks: number
}

/** Lays records out in pages, in memory. `full` gets every page when it is closed. */
export const createPages = (
  { sizeBytes, fileId, path }: { readonly sizeBytes: number; readonly fileId: Buffer; readonly path: string },
  start: PagesMark,
  full: (page: Buffer) => void,
) => {
  const blocks = Math.ceil(sizeBytes / grainBytes)
  let { pages, nextBlock, dataBlocks, zeroBlocks } = start
  let records: DigestRecord[] = []

  const close = (): void => {
    if (records.length === 0) return
    full(encodeRecords(records, ++pages, fileId))
    records = []
  }
  const push = (block: number, digest: GrainDigest, count: number): void => {
    const last = records.at(-1)
    if (digest === 'zero' && last?.digest === 'zero' && last.block + last.count === block) {
      if (last.count + count <= maxZeroRun) {
        records[records.length - 1] = { ...last, count: last.count + count }
        return
      }
    }
    if (records.length === recordsPerPage) close()
    records.push({ block, count, digest })
  }
  return {
    add(block: number, digest: GrainDigest, count: number): void {
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
    /** Closes the current page. */
    mark(): PagesMark {
      close()
      return { pages, nextBlock, dataBlocks, zeroBlocks }
    },
    rewind(mark: PagesMark): void {
      records = []
      ;({ pages, nextBlock, dataBlocks, zeroBlocks } = mark)
    },
  }
}

/** Length of a file of so many pages of records, its header included. */
export const bytesOfPages = (pages: number): number => pageBytes * (1 + pages)
