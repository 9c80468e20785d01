import { Failure } from '../../domain/failure.js'
import { updateBackup } from '../../drizzle/queries/backup-changes.js'
import { openBackupStatuses } from '../../drizzle/queries/backups.js'
import { endStrays } from '../processes/end-strays.js'
import type { RepositoryDependencies } from './dependencies.js'
import { readManifest } from './manifest-file.js'
import { checkIdentity } from './marker.js'
import { vmDirectoryOf } from './point.js'
import type { Point } from './point.js'
import { removeBackupFiles } from './point-files.js'

/**
 * Ends the job's exporters and removes its files unless its manifest stands. Safe to run twice. Throws what
 * `checkIdentity` throws where files may lie in a repository that is not there now.
 */
export const settleFiles = async (
  { db, guard }: Pick<RepositoryDependencies, 'db' | 'guard'>,
  point: Point,
): Promise<'stands' | 'removed'> => {
  const { backup, repository } = point
  const directory = vmDirectoryOf(point)
  await endStrays({ stateDir: guard.stateDir, shouldEnd: (owner) => owner.jobId === backup.id })
  try {
    // No write is tried: what takes files away must do so in a full repository above all.
    await checkIdentity(repository)
  } catch (error) {
    // Room is reserved before the first byte is written, and only in a repository that is there.
    const wroteNothing = backup.manifest_path === null && point.disks.every((disk) => disk.bytes_total === 0)
    if (error instanceof Failure && wroteNothing) return 'removed'
    throw error
  }
  if ((await readManifest(repository.path, directory, backup.id)) !== undefined) return 'stands'
  await removeBackupFiles(repository.path, directory, backup.id)
  await updateBackup(db, backup.id, { reserved_bytes: 0 }, openBackupStatuses)
  return 'removed'
}
