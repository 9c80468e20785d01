import path from 'node:path'
import type { Backup, BackupDisk } from '../../domain/backup.js'
import { Failure } from '../../domain/failure.js'
import type { Manifest, ManifestDisk } from '../../domain/manifest.js'
import type { Repository } from '../../domain/repository.js'
import type { Db } from '../../drizzle/open.js'
import { backupWithDisks } from '../../drizzle/queries/backups.js'
import { repositoryById } from '../../drizzle/queries/repositories.js'
import { isSafeId } from './layout.js'
import { readManifest } from './manifest-file.js'

/** A backup's rows with the repository that its files lie in. */
export interface Point {
  readonly backup: Backup
  readonly disks: readonly BackupDisk[]
  readonly repository: Repository
}

/** Throws `not-found` where the backup, or its repository, has no row. */
export const openPoint = async (db: Db, backupId: string): Promise<Point> => {
  const found = await backupWithDisks(db, backupId)
  if (found === undefined) throw unknown('backup', backupId)
  return { ...found, repository: await openRepository(db, found.backup.repository_id) }
}

export const openRepository = async (db: Db, repositoryId: number): Promise<Repository> => {
  const repository = await repositoryById(db, repositoryId)
  if (repository === undefined) throw unknown('repository', String(repositoryId))
  return repository
}

/**
 * The directory of the VM in the repository. It is the VM context's id, except for points that a rescan gave to a VM
 * that had been registered anew: they stay where their manifest stands.
 */
export const vmDirectoryOf = ({ backup }: Pick<Point, 'backup'>): string => {
  const named =
    backup.manifest_path === null
      ? undefined
      : path.basename(path.dirname(path.dirname(backup.manifest_path)))
  return named !== undefined && isSafeId(named) ? named : backup.vm_context_id
}

/** The manifest of a point that is to be read. Throws `conflict` for a backup that is none, `point-damaged` without one. */
export const manifestOf = async (point: Point): Promise<Manifest> => {
  const { backup, repository } = point
  if (backup.status !== 'completed')
    throw new Failure(
      'conflict',
      `Backup ${backup.id} is ${backup.status}: it is no point that can be read`,
      {
        retry: false,
        facts: { backup_id: backup.id, status: backup.status },
        remedy: 'Wait until it is completed, or choose another point.',
      },
    )
  const manifest = await readManifest(repository.path, vmDirectoryOf(point), backup.id)
  if (manifest !== undefined) return manifest
  throw new Failure(
    'point-damaged',
    `The manifest of point ${backup.id} is gone from repository ${repository.name}`,
    {
      retry: false,
      facts: { backup_id: backup.id, repository: repository.name },
      remedy: 'Look for it in a copy of the repository, or delete the point.',
    },
  )
}

/** How the manifest calls a disk of the catalogue; the backing decides where ids were given anew. */
export const diskInManifest = (
  manifest: Manifest,
  row: Pick<BackupDisk, 'disk_id' | 'backing_uuid'>,
): ManifestDisk | undefined =>
  manifest.disks.find((disk) => disk.disk_id === row.disk_id) ??
  manifest.disks.find((disk) => disk.backing_uuid === row.backing_uuid)

const unknown = (what: string, id: string): Failure =>
  new Failure('not-found', `There is no ${what} ${id}`, { retry: false, facts: { [what]: id } })
