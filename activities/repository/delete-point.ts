import { rename } from 'node:fs/promises'
import { Failure } from '../../domain/failure.js'
import type { Repository } from '../../domain/repository.js'
import { deleteBackupRow } from '../../drizzle/queries/backup-changes.js'
import { backupById, childrenOf, openBackupStatuses } from '../../drizzle/queries/backups.js'
import type { Db } from '../../drizzle/open.js'
import type { RepositorySteps } from '../steps.js'
import { beating } from '../beating.js'
import type { RepositoryDependencies } from './dependencies.js'
import { syncDirectory } from './durable-file.js'
import { manifestPath, pointsDirectory, retiredManifestPath } from './layout.js'
import { readManifests } from './manifest-file.js'
import { checkIdentity } from './marker.js'
import { openRepository, vmDirectoryOf } from './point.js'
import { removeBackupFiles, retireManifest } from './point-files.js'

/**
 * Safe to run twice, and after a crash anywhere: manifest renamed away → row → files, each step only if it is still to
 * do. Throws `point-has-children` naming them, `conflict` for a backup that runs, and what `checkIdentity` throws.
 */
export const deletePoint =
  ({ db }: Pick<RepositoryDependencies, 'db'>): RepositorySteps['deletePoint'] =>
  ({ backupId, repositoryId, vmContextId }) =>
    beating(async () => {
      const repository = await openRepository(db, repositoryId)
      const backup = await backupById(db, backupId)
      if (backup !== undefined && (openBackupStatuses as readonly string[]).includes(backup.status))
        throw stillRuns(backupId, backup.status)
      await checkIdentity(repository)
      const directory = backup === undefined ? vmContextId : vmDirectoryOf({ backup })
      const children = await dependents(db, repository, directory, backupId)
      if (children.length > 0) throw hasChildren(backupId, children)
      await finishDelete(db, repository, directory, backupId)
    })

/** Takes a childless point out of life. Also the end of a delete that was cut short. Returns how many files went. */
export const finishDelete = async (
  db: Db,
  repository: Repository,
  directory: string,
  backupId: string,
): Promise<number> => {
  await retireManifest(repository.path, directory, backupId)
  const row = await deleteBackupRow(db, backupId)
  if (row === 'has-children') {
    // An increment was planned upon it a moment ago: the point must live on.
    await revive(repository.path, directory, backupId)
    throw hasChildren(
      backupId,
      (await childrenOf(db, backupId)).map((child) => child.id),
    )
  }
  return await removeBackupFiles(repository.path, directory, backupId)
}

/** Ids of what is stored over the point: what the catalogue knows and what manifests tell, for one may be behind. */
const dependents = async (
  db: Db,
  repository: Repository,
  directory: string,
  backupId: string,
): Promise<string[]> => {
  const known = (await childrenOf(db, backupId)).map((child) => child.id)
  const told = (await readManifests(repository.path, directory)).flatMap((read) =>
    read.kind === 'manifest' && read.manifest.disks.some((disk) => disk.parent_backup_id === backupId)
      ? [read.manifest.backup_id]
      : [],
  )
  return [...new Set([...known, ...told])]
}

const revive = async (repositoryPath: string, directory: string, backupId: string): Promise<void> => {
  await rename(
    retiredManifestPath(repositoryPath, directory, backupId),
    manifestPath(repositoryPath, directory, backupId),
  )
  await syncDirectory(pointsDirectory(repositoryPath, directory))
}

const hasChildren = (backupId: string, children: readonly string[]): Failure =>
  new Failure(
    'point-has-children',
    `Point ${backupId} cannot be deleted: ${children.slice(0, 5).join(', ')}${children.length > 5 ? ' and others are' : children.length > 1 ? ' are' : ' is'} stored over it`,
    {
      retry: false,
      facts: { backup_id: backupId, children: children.slice(0, 20).join(', '), count: children.length },
      remedy: 'Delete those points first, newest first.',
    },
  )

const stillRuns = (backupId: string, status: string): Failure =>
  new Failure('conflict', `Backup ${backupId} is ${status} and cannot be deleted`, {
    retry: false,
    facts: { backup_id: backupId, status },
    remedy: 'Cancel it or wait until it ends.',
  })
