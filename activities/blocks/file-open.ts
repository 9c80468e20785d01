import { constants } from 'node:fs'
import { open, readFile, rm, stat, type FileHandle } from 'node:fs/promises'

import { syncDirectoryOf } from './sync-directory.js'

export interface OpenedDisk {
  readonly file: FileHandle
  readonly sizeBytes: number
  /** This call made the file: all of it is a hole. */
  readonly isCreated: boolean
}

interface OpenDiskOptions {
  readonly readOnly: boolean
  readonly create: { readonly sizeBytes: number } | undefined
}

/**
 * Opens a raw file or a block device, and learns its size. Rejects with an error that has a `code`; what is neither
 * is refused without being opened (a pipe would wait for its writer).
 */
export const openDisk = async (path: string, { readOnly, create }: OpenDiskOptions): Promise<OpenedDisk> => {
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' && create !== undefined && !readOnly) return undefined
    throw error
  })
  if (found === undefined) return createDisk(path, create!.sizeBytes)
  if (found.isDirectory()) throw fileError('EISDIR', 'it is a directory')
  if (!found.isFile() && !found.isBlockDevice())
    throw fileError('EINVAL', 'it is neither a file nor a block device')
  // For a device O_EXCL means: not while it is mounted, or part of a volume group or RAID.
  const excluding = found.isBlockDevice() ? constants.O_EXCL : 0
  const file = await open(path, readOnly ? constants.O_RDONLY : constants.O_RDWR | excluding)
  try {
    return { file, sizeBytes: await sizeOf(file), isCreated: false }
  } catch (error) {
    await file.close()
    throw error
  }
}

/** An error as `node:fs` makes them: its `code` is the errno's name. */
export const fileError = (code: string, message: string): Error => Object.assign(new Error(message), { code })

const createDisk = async (path: string, sizeBytes: number): Promise<OpenedDisk> => {
  // Whoever else makes it at this moment keeps it; the content of a disk is nobody else's to read.
  const file = await open(path, 'wx+', 0o600)
  try {
    await file.truncate(sizeBytes)
    await syncDirectoryOf(path)
    return { file, sizeBytes, isCreated: true }
  } catch (error) {
    await file.close()
    await rm(path, { force: true })
    throw error
  }
}

const sizeOf = async (file: FileHandle): Promise<number> => {
  const about = await file.stat({ bigint: true })
  if (about.isFile()) return Number(about.size)
  if (!about.isBlockDevice()) throw fileError('EINVAL', 'it is neither a file nor a block device')
  return deviceBytes(about.rdev)
}

// Not by seeking for the end with reads: a bad sector on the way would look like it. Linux states 512-byte sectors here,
// whatever the device's own are; a device's stat size is 0.
const deviceBytes = async (rdev: bigint): Promise<number> => {
  const major = ((rdev >> 8n) & 0xfffn) | ((rdev >> 32n) & ~0xfffn)
  const minor = (rdev & 0xffn) | ((rdev >> 12n) & ~0xffn)
  const sectors = Number((await readFile(`/sys/dev/block/${major}:${minor}/size`, 'utf8')).trim())
  if (!Number.isSafeInteger(sectors * 512)) throw fileError('EIO', 'Linux does not say how large it is')
  return sectors * 512
}
