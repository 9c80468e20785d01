import { mkdir, rename, rm, stat } from 'node:fs/promises'
import path from 'node:path'
import { Failure } from '../../domain/failure.js'
import type { BackupDisk } from '../../domain/backup.js'
import { createQcow2 } from '../processes/qemu-img.js'
import type { RepositoryDependencies } from './dependencies.js'
import { isMissing, syncDirectory } from './durable-file.js'
import { attemptFiles, diskFiles } from './layout.js'
import type { DiskFiles } from './layout.js'
import { readManifest } from './manifest-file.js'
import { checkMarker } from './marker.js'
import { openPoint } from './point.js'
import type { Point } from './point.js'
import { filesOfVm } from './point-files.js'
import { superseded } from './superseded.js'

export interface PrepareDiskFilesInput {
  readonly backupId: string
  readonly diskId: string
  readonly sizeBytes: number
  readonly attemptNo: number
}

/** Absolute paths of what one attempt of a copy writes. */
export interface PreparedDiskFiles {
  readonly image: string
  /** Where `sealDiskFiles` puts the digests. */
  readonly digests: string
  readonly attemptDigests: string
  readonly checkpoint: string
}

type Needs = Pick<RepositoryDependencies, 'db' | 'guard'> & {
  readonly programs?: { readonly qemuNbd: string; readonly qemuImg?: string }
}

/**
 * Safe to run twice: whatever an earlier attempt left of this disk is replaced. Makes the directories and an empty
 * image, over the parent's where the plan says so. Throws what `checkMarker` throws, `conflict` for a point that
 * stands, `point-damaged` for a parent that is gone.
 */
export const prepareDiskFiles = async (
  needs: Needs,
  input: PrepareDiskFilesInput,
): Promise<PreparedDiskFiles> => {
  const { backupId, diskId, sizeBytes, attemptNo } = input
  const point = await openPoint(needs.db, backupId)
  const { repository, backup } = point
  const disk = point.disks.find((row) => row.disk_id === diskId)
  if (disk === undefined)
    throw new Failure('not-found', `Backup ${backupId} has no disk ${diskId}`, { retry: false })
  await checkMarker(repository)
  await refuseStanding(point)
  const files = diskFiles(repository.path, backup.vm_context_id, diskId, backupId)
  const attempt = attemptFiles(files, backupId, attemptNo)
  await mkdir(files.dir, { recursive: true, mode: 0o700 })
  if ((await attemptsIn(files, repository.path, backup)).some((other) => other > attemptNo))
    throw superseded(disk, attemptNo)
  await removeDiskFiles(repository.path, backup.vm_context_id, diskId, backupId)
  const parent = await parentImage(point, disk)
  const { qemuImg } = needs.programs ?? {}
  await createQcow2(files.image, sizeBytes, {
    guard: needs.guard,
    owner: { jobId: backupId, diskId, attemptNo },
    ...(qemuImg !== undefined && { program: qemuImg }),
    ...(parent !== undefined && { backing: parent }),
  })
  await syncDirectory(files.dir)
  return {
    image: files.image,
    digests: files.digests,
    attemptDigests: attempt.digests,
    checkpoint: attempt.checkpoint,
  }
}

/**
 * Safe to run twice: gives the finished digests their final name, durably, and drops the checkpoint. Throws
 * `point-damaged` where there are digests under neither name.
 */
export const sealDiskFiles = async (files: PreparedDiskFiles): Promise<void> => {
  await rename(files.attemptDigests, files.digests).catch(async (error: unknown) => {
    if (!isMissing(error)) throw error
    await stat(files.digests).catch((missing: unknown) => {
      throw isMissing(missing) ? digestsGone(files) : missing
    })
  })
  await syncDirectory(path.dirname(files.digests))
  await rm(files.checkpoint, { force: true })
}

const digestsGone = ({ digests }: PreparedDiskFiles): Failure =>
  new Failure('point-damaged', `The digests of a copy are gone: ${path.basename(digests)}`, {
    retry: false,
    facts: { file: digests },
    remedy: 'Start the backup again; if it happens twice, look for what removes files of the repository.',
  })

const attemptsIn = async (
  { dir }: DiskFiles,
  repositoryPath: string,
  backup: Point['backup'],
): Promise<number[]> =>
  (await filesOfVm(repositoryPath, backup.vm_context_id))
    .filter((file) => file.backupId === backup.id && path.dirname(file.path) === dir)
    .flatMap(({ attemptNo }) => attemptNo ?? [])

/** Safe to run twice: removes what there is of one disk of one backup. Never called for a point that stands. */
export const removeDiskFiles = async (
  repositoryPath: string,
  vmContextId: string,
  diskId: string,
  backupId: string,
): Promise<void> => {
  const { dir }: DiskFiles = diskFiles(repositoryPath, vmContextId, diskId, backupId)
  for (const file of await filesOfVm(repositoryPath, vmContextId))
    if (file.backupId === backupId && path.dirname(file.path) === dir) await rm(file.path, { force: true })
}

const refuseStanding = async ({ repository, backup }: Point): Promise<void> => {
  if ((await readManifest(repository.path, backup.vm_context_id, backup.id)) === undefined) return
  throw new Failure('conflict', `Point ${backup.id} is complete and is not written again`, {
    retry: false,
    facts: { backup_id: backup.id },
    remedy: 'Start a new backup.',
  })
}

/** The parent's image as the new one names it: beside it, so that the folder can move. */
const parentImage = async ({ repository, backup }: Point, disk: BackupDisk): Promise<string | undefined> => {
  if (disk.stored_as === 'root') return undefined
  const parentId = disk.parent_backup_id
  const parent =
    parentId === null ? undefined : await readManifest(repository.path, backup.vm_context_id, parentId)
  const base = parent?.disks.find((one) => one.disk_id === disk.disk_id)
  if (base !== undefined) return path.posix.basename(base.file)
  throw new Failure(
    'point-damaged',
    `Disk ${disk.label} is to be stored over point ${parentId ?? 'unknown'}, which is not there`,
    {
      retry: false,
      facts: { backup_id: backup.id, parent_backup_id: parentId },
      remedy: 'Start a full backup.',
    },
  )
}
