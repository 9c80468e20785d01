import { readdir, rename, rm, rmdir } from 'node:fs/promises'
import path from 'node:path'
import { errorCode, isMissing, syncDirectory } from './durable-file.js'
import {
  disksDirectory,
  isSafeId,
  manifestPath,
  ownerOfDiskFile,
  ownerOfPointFile,
  pointsDirectory,
  retiredManifestPath,
  vmDirectory,
} from './layout.js'
import { vmDirectories } from './storage.js'

/** A file of ours below a VM's directory and the backup it belongs to. */
export interface OwnedFile {
  readonly vmContextId: string
  readonly backupId: string
  readonly path: string
  readonly kind: 'image' | 'digests' | 'areas' | 'attempt' | 'temporary' | 'manifest' | 'retired'
  /** Of `attempt` only. */
  readonly attemptNo?: number
}

/** Every file of ours that one VM has in the repository; files of others are not listed. */
export const filesOfVm = async (repositoryPath: string, vmContextId: string): Promise<OwnedFile[]> => {
  const found: OwnedFile[] = []
  const disks = disksDirectory(repositoryPath, vmContextId)
  for (const disk of (await namesIn(disks)).filter(isSafeId)) {
    const directory = path.join(disks, disk)
    for (const name of await namesIn(directory)) {
      const owner = ownerOfDiskFile(name)
      if (owner) found.push({ ...owner, vmContextId, path: path.join(directory, name) })
    }
  }
  const points = pointsDirectory(repositoryPath, vmContextId)
  for (const name of await namesIn(points)) {
    const owner = ownerOfPointFile(name)
    if (owner) found.push({ ...owner, vmContextId, path: path.join(points, name) })
  }
  return found
}

/** The same for every VM of the repository. */
export const filesOfRepository = async (repositoryPath: string): Promise<OwnedFile[]> => {
  const found: OwnedFile[] = []
  for (const vm of await vmDirectories(repositoryPath)) found.push(...(await filesOfVm(repositoryPath, vm)))
  return found
}

/**
 * Takes the point out of life: its manifest gets a name that no reader looks for, durably. Safe to run twice.
 * Everything after this may crash: the sweeper finds the retired manifest and goes on.
 */
export const retireManifest = async (
  repositoryPath: string,
  vmContextId: string,
  backupId: string,
): Promise<void> => {
  const points = pointsDirectory(repositoryPath, vmContextId)
  try {
    await rename(
      manifestPath(repositoryPath, vmContextId, backupId),
      retiredManifestPath(repositoryPath, vmContextId, backupId),
    )
    await syncDirectory(points)
  } catch (error) {
    if (!isMissing(error)) throw error
  }
}

/**
 * Removes every file of one backup, the retired manifest last, then directories that became empty. The caller has
 * made sure that no manifest stands. Safe to run twice. Returns how many files went.
 */
export const removeBackupFiles = async (
  repositoryPath: string,
  vmContextId: string,
  backupId: string,
): Promise<number> => {
  const files = (await filesOfVm(repositoryPath, vmContextId)).filter(
    (file) => file.backupId === backupId && file.kind !== 'manifest',
  )
  const order = [
    ...files.filter((file) => file.kind !== 'retired'),
    ...files.filter((file) => file.kind === 'retired'),
  ]
  const touched = new Set<string>()
  for (const file of order) {
    if (file.kind === 'retired') await syncAll(touched)
    await rm(file.path, { force: true })
    touched.add(path.dirname(file.path))
  }
  await syncAll(touched)
  await removeEmptyDirectories(repositoryPath, vmContextId)
  return files.length
}

/**
 * Removes what attempts and half-written files left beside a point that stands, and nothing of the point. Safe to run
 * twice. Returns how many files went.
 */
export const removeBesidePoint = async (files: readonly OwnedFile[]): Promise<number> => {
  const strays = files.filter(isBesidePoint)
  for (const { path: file } of strays) await rm(file, { force: true })
  await syncAll(new Set(strays.map((file) => path.dirname(file.path))))
  return strays.length
}

/** No part of a point that stands: of an attempt of a copy, for its audit, or under a temporary name. */
export const isBesidePoint = ({ kind }: OwnedFile): boolean =>
  ['attempt', 'areas', 'temporary'].includes(kind)

const removeEmptyDirectories = async (repositoryPath: string, vmContextId: string): Promise<void> => {
  const disks = disksDirectory(repositoryPath, vmContextId)
  for (const disk of (await namesIn(disks)).filter(isSafeId)) await removeIfEmpty(path.join(disks, disk))
  for (const directory of [
    disks,
    pointsDirectory(repositoryPath, vmContextId),
    vmDirectory(repositoryPath, vmContextId),
  ])
    await removeIfEmpty(directory)
}

const removeIfEmpty = async (directory: string): Promise<void> => {
  try {
    await rmdir(directory)
  } catch (error) {
    if (!isMissing(error) && errorCode(error) !== 'ENOTEMPTY' && errorCode(error) !== 'EEXIST') throw error
  }
}

const syncAll = async (directories: Set<string>): Promise<void> => {
  for (const directory of directories) await syncDirectory(directory)
  directories.clear()
}

const namesIn = async (directory: string): Promise<string[]> => {
  try {
    return (await readdir(directory)).sort()
  } catch (error) {
    if (isMissing(error)) return []
    throw error
  }
}
