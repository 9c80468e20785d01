import { access, mkdir, rename, rm } from 'node:fs/promises'
import path from 'node:path'
import { Failure } from '../../domain/failure.js'
import type { BackupDisk } from '../../domain/backup.js'
import { readCheckpoint, type Checkpoint } from '../blocks/checkpoint.js'
import { CheckpointError } from '../blocks/errors.js'
import { createQcow2 } from '../processes/qemu-img.js'
import type { RepositoryDependencies } from './dependencies.js'
import { isMissing, syncDirectory } from './durable-file.js'
import { attemptFiles, diskFiles, temporarySuffix } from './layout.js'
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
  /** Of the copy to come: only a checkpoint of the same plan is gone on from. */
  readonly planHash: string
}

/** Absolute paths of what one attempt of a copy writes. */
export interface PreparedDiskFiles {
  readonly image: string
  /** Where `sealDiskFiles` puts the digests. */
  readonly digests: string
  readonly attemptDigests: string
  readonly areas: string
  readonly checkpoint: string
  /** What an earlier attempt made durable. */
  readonly resume?: Resumable
}

export interface Resumable {
  readonly checkpoint: Checkpoint
  /** The digests of that attempt; only read. */
  readonly digests: string
}

type Needs = Pick<RepositoryDependencies, 'db' | 'guard'> & {
  readonly programs?: { readonly qemuNbd: string; readonly qemuImg?: string }
}

/**
 * Safe to run twice: goes on from what an earlier attempt of the same plan made durable; else replaces what is there by
 * an empty image, over the parent's where the plan says so. Throws what `checkMarker` throws, `conflict` for a
 * point that stands, `point-damaged` for a parent that is gone.
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
  const paths = {
    image: files.image,
    digests: files.digests,
    attemptDigests: attempt.digests,
    areas: attempt.areas,
    checkpoint: attempt.checkpoint,
  }
  const resume = await findResumable(files, input)
  if (resume !== undefined) return { ...paths, resume }
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
  return paths
}

/** The newest attempt before this one whose checkpoint is whole, of the same plan, and still has its files. */
const findResumable = async (
  files: DiskFiles,
  { backupId, attemptNo, planHash }: PrepareDiskFilesInput,
): Promise<Resumable | undefined> => {
  if (!(await isThere(files.image))) return undefined
  for (let earlier = attemptNo - 1; earlier > 0; earlier--) {
    const attempt = attemptFiles(files, backupId, earlier)
    const checkpoint = await readCheckpoint(attempt.checkpoint).catch((error: unknown) => {
      if (error instanceof CheckpointError) return undefined
      throw error
    })
    if (checkpoint?.planHash === planHash && (await isThere(attempt.digests)))
      return { checkpoint, digests: attempt.digests }
  }
  return undefined
}

/**
 * Safe to run twice: gives the finished digests and areas of an attempt their final names, durably, and drops what attempts up to
 * it left. False when they are nowhere.
 */
export const sealDiskFiles = async (
  repositoryPath: string,
  { vmContextId, diskId, backupId, attemptNo }: SealedAttempt,
): Promise<boolean> => {
  const files = diskFiles(repositoryPath, vmContextId, diskId, backupId)
  const finished = attemptFiles(files, backupId, attemptNo)
  await renameIfThere(finished.digests, files.digests)
  await renameIfThere(finished.areas, files.areas)
  if (!(await isThere(files.digests))) return false
  await syncDirectory(files.dir)
  for (let earlier = attemptNo; earlier > 0; earlier--) {
    const attempt = attemptFiles(files, backupId, earlier)
    // A worker that was killed while it wrote one of them left the half of it.
    for (const file of [attempt.checkpoint, attempt.areas])
      for (const name of [file, `${file}${temporarySuffix}`]) await rm(name, { force: true })
    await rm(attempt.digests, { force: true })
  }
  return true
}

export interface SealedAttempt {
  readonly vmContextId: string
  readonly diskId: string
  readonly backupId: string
  readonly attemptNo: number
}

const renameIfThere = (from: string, to: string): Promise<void> =>
  rename(from, to).catch((error: unknown) => {
    if (!isMissing(error)) throw error
  })

const isThere = (file: string): Promise<boolean> =>
  access(file).then(
    () => true,
    (error: unknown) => {
      if (isMissing(error)) return false
      throw error
    },
  )
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
