import { updateBackup } from '../../drizzle/queries/backup-changes.js'
import { markCommitted } from '../../drizzle/queries/backup-disks.js'
import { openBackupStatuses } from '../../drizzle/queries/backups.js'
import type { RepositorySteps } from '../steps.js'
import { beating } from '../beating.js'
import type { RepositoryDependencies } from './dependencies.js'
import { manifestPath } from './layout.js'
import { openPoint } from './point.js'
import type { Point } from './point.js'
import { settleFiles } from './settle-files.js'

type Needs = Pick<RepositoryDependencies, 'db' | 'guard'>

/**
 * Safe to run twice: for a job whose workflow is gone. Does its manifest stand, the rows are brought up to it and the
 * job counts as done; else everything of it is removed.
 */
export const recoverOrDiscard =
  (needs: Needs): RepositorySteps['recoverOrDiscard'] =>
  ({ backupId }) =>
    beating(async () => {
      const point = await openPoint(needs.db, backupId)
      // A point that was recorded is no business of the sweeper's, wherever its share is now.
      if (point.backup.status === 'completed') return { recovered: true }
      if ((await settleFiles(needs, point)) === 'removed') return { recovered: false }
      await recordStanding(needs, point)
      return { recovered: true }
    })

const recordStanding = async ({ db }: Needs, { backup, disks, repository }: Point): Promise<void> => {
  await markCommitted(db, backup.id)
  const sum = (pick: (disk: Point['disks'][number]) => number): number =>
    disks.reduce((all, disk) => all + pick(disk), 0)
  const patch = {
    manifest_path: manifestPath(repository.path, backup.vm_context_id, backup.id),
    reserved_bytes: 0,
    bytes_read: sum((disk) => disk.bytes_read),
    bytes_stored: sum((disk) => disk.bytes_stored),
    bytes_skipped: sum((disk) => disk.bytes_skipped),
  }
  await updateBackup(db, backup.id, patch, [...openBackupStatuses, 'failed', 'cancelled'])
}
