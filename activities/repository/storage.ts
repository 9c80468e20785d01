import { lstat, readdir, statfs } from 'node:fs/promises'
import path from 'node:path'
import { Failure } from '../../domain/failure.js'
import type { BackupDisk } from '../../domain/backup.js'
import type { Repository, RepositoryStorage } from '../../domain/repository.js'
import { isMissing } from './durable-file.js'
import { diskFiles, disksDirectory, isSafeId, pointsDirectory } from './layout.js'
import { storageFailure } from './repository-failures.js'

/** What the file system says, and what our own files take of it; bytes. */
export interface StorageNumbers {
  readonly totalBytes: number
  readonly freeBytes: number
  readonly usedBytes: number
}

export type MeasureStorage = (repository: Pick<Repository, 'name' | 'path'>) => Promise<StorageNumbers>

/** Walking a repository of many points takes a while on a share, so the used bytes are asked for at most this often. */
const usedForMs = 30_000

/** Measures repositories; total and free bytes are always fresh, the used ones at most half a minute old. */
export const createStorageGauge = (clock: () => number): MeasureStorage => {
  const known = new Map<string, { readonly at: number; readonly used: Promise<number> }>()
  const used = (place: string): Promise<number> => {
    const last = known.get(place)
    if (last !== undefined && clock() - last.at < usedForMs) return last.used
    const walking = usedBytes(place)
    known.set(place, { at: clock(), used: walking })
    walking.catch(() => known.delete(place))
    return walking
  }
  return async (repository) => {
    const room = await roomIn(repository)
    const usedNow = await used(repository.path).catch((error: unknown) => {
      throw storageFailure(repository, error)
    })
    return { ...room, usedBytes: usedNow }
  }
}

/** What the file system says, without walking it: `usedBytes` are everybody's. */
export const roomIn = async (repository: Pick<Repository, 'name' | 'path'>): Promise<StorageNumbers> => {
  const { bsize, blocks, bavail } = await statfs(repository.path).catch((error: unknown) => {
    throw storageFailure(repository, error)
  })
  return { totalBytes: bsize * blocks, freeBytes: bsize * bavail, usedBytes: bsize * (blocks - bavail) }
}

/** Bytes that points, digests and partial files occupy; files of others are not counted. */
export const usedBytes = async (repositoryPath: string): Promise<number> => {
  let sum = 0
  for (const vm of await vmDirectories(repositoryPath)) {
    sum += await occupied(disksDirectory(repositoryPath, vm))
    sum += await occupied(pointsDirectory(repositoryPath, vm))
  }
  return sum
}

/** Names (VM context ids) of the directories that may hold a VM's points. */
export const vmDirectories = async (repositoryPath: string): Promise<string[]> => {
  const entries = await readdir(repositoryPath, { withFileTypes: true })
  return entries.filter((entry) => entry.isDirectory() && isSafeId(entry.name)).map((entry) => entry.name)
}

/** Bytes that one disk's image occupies; 0 where there is none yet. */
export const imageBytes = (
  repositoryPath: string,
  vmContextId: string,
  disk: Pick<BackupDisk, 'backup_id' | 'disk_id'>,
): Promise<number> => blocksOf(diskFiles(repositoryPath, vmContextId, disk.disk_id, disk.backup_id).image)

/** Throws `repository-full` with the numbers if `neededBytes` do not fit beside what other jobs have reserved. */
export const checkRoom = (
  repository: Pick<Repository, 'name'>,
  neededBytes: number,
  storage: RepositoryStorage,
): void => {
  const open = Math.max(0, storage.free_bytes - storage.reserved_bytes)
  if (neededBytes <= open) return
  throw new Failure(
    'repository-full',
    `Repository ${repository.name} has too little room: ${neededBytes} bytes are needed, ${storage.free_bytes} are free, ` +
      `${storage.reserved_bytes} of them reserved by other jobs`,
    {
      retry: false,
      facts: {
        repository: repository.name,
        needed_bytes: neededBytes,
        free_bytes: storage.free_bytes,
        reserved_bytes: storage.reserved_bytes,
        missing_bytes: neededBytes - open,
      },
      remedy: 'Delete old points, add storage, or choose another repository.',
    },
  )
}

const occupied = async (directory: string): Promise<number> => {
  let entries
  try {
    entries = await readdir(directory, { withFileTypes: true })
  } catch (error) {
    // A point may be deleted while we walk.
    if (isMissing(error)) return 0
    throw error
  }
  let sum = 0
  for (const entry of entries) {
    const full = path.join(directory, entry.name)
    sum += entry.isDirectory() ? await occupied(full) : await blocksOf(full)
  }
  return sum
}

const blocksOf = async (file: string): Promise<number> => {
  try {
    // 512: the unit of st_blocks, whatever the file system's own block size is.
    return (await lstat(file)).blocks * 512
  } catch (error) {
    if (isMissing(error)) return 0
    throw error
  }
}
