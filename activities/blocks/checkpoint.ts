import { open, readFile, rename, rm } from 'node:fs/promises'

import { blake3 } from '@napi-rs/blake-hash'

import type { Extent } from './end.js'
import { CheckpointError } from './errors.js'
import { syncDirectoryOf } from './sync-directory.js'

/** Up to where a copy is durable: everything of the plan below `cursor` stands in the target and the digests. */
export interface Checkpoint {
  readonly version: 1
  /** Byte offset on the disk; a multiple of the grain, or the disk's size. */
  readonly cursor: number
  /** Length of the digest file that belongs to the cursor. */
  readonly digestBytes: number
  readonly planHash: string
  /** What all attempts so far have read, stored and left out; what was in flight beyond the cursor counts, too. */
  readonly counts: CheckpointCounts
}

export interface CheckpointCounts {
  readonly bytesRead: number
  readonly bytesStored: number
  readonly bytesSkipped: number
}

/** Names a plan: the same source, disk size and areas give the same hash. `areas` are merged whole grains. */
export const planHash = (sizeBytes: number, areas: readonly Extent[], identity = ''): string => {
  const numbers = new BigUint64Array(1 + areas.length * 2)
  numbers[0] = BigInt(sizeBytes)
  areas.forEach(({ offset, length }, index) => {
    numbers[1 + index * 2] = BigInt(offset)
    numbers[2 + index * 2] = BigInt(length)
  })
  return blake3(Buffer.concat([Buffer.from(numbers.buffer), Buffer.from(identity)])).toString('hex')
}

/** Replaces the file atomically and durably: temporary file, fsync, rename, fsync of the directory. */
export const writeCheckpoint = async (path: string, checkpoint: Checkpoint): Promise<void> => {
  const temporary = `${path}.tmp`
  try {
    await writeDurably(temporary, `${JSON.stringify({ ...checkpoint, checksum: checksumOf(checkpoint) })}\n`)
    await rename(temporary, path)
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
  await syncDirectoryOf(path)
}

const writeDurably = async (path: string, text: string): Promise<void> => {
  const file = await open(path, 'w', 0o600)
  try {
    await file.writeFile(text)
    await file.sync()
  } finally {
    await file.close()
  }
}

/** Undefined where there is none; rejects with a CheckpointError where it is damaged. */
export const readCheckpoint = async (path: string): Promise<Checkpoint | undefined> => {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
  if (text === undefined) return undefined
  const found = parse(text, path)
  if (found.version !== 1)
    throw new CheckpointError('version', `${path} has version ${String(found.version)}`)
  if (found.checksum !== checksumOf(found)) throw new CheckpointError('damaged', `${path} fails its checksum`)
  const { version, cursor, digestBytes, planHash: plan, counts } = found
  return { version, cursor, digestBytes, planHash: plan, counts }
}

const parse = (text: string, path: string): Checkpoint & { checksum: unknown } => {
  try {
    const found: unknown = JSON.parse(text)
    if (typeof found === 'object' && found !== null) return found as Checkpoint & { checksum: unknown }
  } catch (error) {
    throw new CheckpointError('damaged', `${path}: ${String(error)}`)
  }
  throw new CheckpointError('damaged', `${path} holds no checkpoint`)
}

const checksumOf = ({ version, cursor, digestBytes, planHash: plan, counts }: Checkpoint): string =>
  blake3(`${version}:${cursor}:${digestBytes}:${plan}:${JSON.stringify(counts)}`).toString('hex')
