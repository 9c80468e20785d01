import { statfs, type FileHandle } from 'node:fs/promises'

import { isZeroGrain } from './digests.js'
import { grainBytes } from './extents.js'
import { fileError } from './file-open.js'

type Count = (bytes: number) => void

const stepBytes = 1024 * 1024
const zeros = Buffer.alloc(stepBytes)

/** Fills `into`; a file that ends before that (somebody cut it) is an error, not zeros. */
export const readWhole = async (
  file: FileHandle,
  offset: number,
  into: Buffer,
  count: Count,
): Promise<void> => {
  for (let done = 0; done < into.length;) {
    const { bytesRead } = await file.read(into, done, into.length - done, offset + done)
    if (bytesRead === 0) throw fileError('EIO', `it ends at byte ${offset + done}: it was cut short`)
    done += bytesRead
    count(bytesRead)
  }
}

export const writeWhole = async (
  file: FileHandle,
  offset: number,
  data: Buffer,
  count: Count,
): Promise<void> => {
  for (let done = 0; done < data.length;) {
    const { bytesWritten } = await file.write(data, done, data.length - done, offset + done)
    done += bytesWritten
    count(bytesWritten)
  }
}

/**
 * Makes a range read as zeros. It is read first and only what is not zero is written: holes stay holes without anybody
 * having to know where they are, and nothing depends on what TRIM means to a disk.
 */
export const zeroRange = async (
  file: FileHandle,
  { offset, length }: { readonly offset: number; readonly length: number },
  signal: AbortSignal | undefined,
  count: Count,
): Promise<void> => {
  const buffer = Buffer.allocUnsafeSlow(Math.min(stepBytes, length))
  for (let at = offset; at < offset + length; at += stepBytes) {
    signal?.throwIfAborted()
    const found = buffer.subarray(0, Math.min(stepBytes, offset + length - at))
    // A sector that cannot be read may well be written.
    const isRead = await readWhole(file, at, found, count).then(
      () => true,
      () => false,
    )
    for (const { start, end } of isRead ? dataRuns(found) : [{ start: 0, end: found.length }])
      await writeWhole(file, at + start, zeros.subarray(0, end - start), count)
  }
}

const dataRuns = (found: Buffer): { start: number; end: number }[] => {
  const runs: { start: number; end: number }[] = []
  for (let start = 0; start < found.length; start += grainBytes) {
    const end = Math.min(start + grainBytes, found.length)
    if (isZeroGrain(found.subarray(start, end))) continue
    const last = runs.at(-1)
    if (last?.end === start) last.end = end
    else runs.push({ start, end })
  }
  return runs
}

// ext4, XFS and tmpfs count blocks that are not on the disk yet. Others do not: btrfs at moments, many FUSE and network
// file systems never; "no blocks" of theirs would turn a full disk into zeros.
const honestFileSystems = new Set([0xef53, 0x58465342, 0x01021994])

/** Whether "no blocks" of this file can be believed to mean "reads as zeros". */
export const hasHonestBlocks = async (file: FileHandle): Promise<boolean> => {
  if (!(await file.stat()).isFile()) return false
  const found = await statfs(`/proc/self/fd/${file.fd}`).catch(() => undefined)
  return found !== undefined && honestFileSystems.has(found.type)
}

/** True where the whole file is one hole now. */
export const isAllHole = async (file: FileHandle): Promise<boolean> => {
  if ((await file.stat()).blocks > 0) return false
  // What was written and has no place yet would get one here.
  await file.datasync()
  return (await file.stat()).blocks === 0
}
