import type { Backup, Cleanup } from '../../domain/backup.js'
import { finishBackup, recoverBackup, setCleanup } from '../../drizzle/queries/backup-changes.js'
import { backupsWithPendingCleanup, openBackups } from '../../drizzle/queries/backups.js'
import { endWaits } from '../../drizzle/queries/job-steps.js'
import { listPlatforms } from '../../drizzle/queries/platforms.js'
import { listRepositories } from '../../drizzle/queries/repositories.js'
import { waitingSteps } from '../job-log.js'
import type { ControlSteps, FinishInput, Orphan } from '../steps.js'
import type { CatalogDependencies } from './dependencies.js'
import { mayBeClaimed, ownerIsOpen } from './owner-is-open.js'
import { outcome } from './records.js'

/**
 * A row younger than this may belong to a start that is on its way from the API: its call takes at most seconds, and
 * the rest is room for clocks that differ.
 */
const youngMs = 60_000
const orphansPerSweep = 50

/** Safe to run twice: only reads. A job is an orphan when its row is open and its workflow is not. */
export const findOrphanJobs =
  (dependencies: CatalogDependencies): ControlSteps['findOrphanJobs'] =>
  async () => {
    const { db, site } = dependencies
    const orphans: Orphan[] = []
    for (const backup of await openBackups(db)) {
      if (orphans.length < orphansPerSweep && (await isOrphan(dependencies, backup)))
        orphans.push(orphanOf(backup, site))
    }
    for (const backup of (await backupsWithPendingCleanup(db)).slice(0, orphansPerSweep - orphans.length))
      orphans.push({ ...orphanOf(backup, site), reason: 'its cleanup was pending' })
    const platforms = (await listPlatforms(db, { limit: 500 })).rows.filter(
      (platform) => platform.kind === 'vmware',
    )
    const repositories = (await listRepositories(db, { limit: 500 })).rows
    return {
      orphans,
      platforms: platforms.map((platform) => ({ platformId: platform.id, site })),
      repositories: repositories.map((repository) => repository.id),
    }
  }

async function isOrphan({ client, now }: CatalogDependencies, backup: Backup): Promise<boolean> {
  if (backup.run_id !== null) return !(await ownerIsOpen(client, backup.workflow_id, backup.run_id))
  if (now().getTime() - Date.parse(backup.created_at) < youngMs) return false
  // Nobody has claimed it: an open run under this id may work for another job of the same VM.
  return !(await mayBeClaimed(client, backup.workflow_id, backup.id))
}

const orphanOf = (backup: Backup, site: string): Orphan => ({
  backupId: backup.id,
  repositoryId: backup.repository_id,
  site,
  reason: 'its workflow was terminated or lost',
})

/**
 * Safe to run twice: an ended job keeps its ending and only its cleanup is settled, save that a job whose manifest
 * stands is completed, whatever its run believed.
 */
export const settleOrphan =
  ({ db, now }: Pick<CatalogDependencies, 'db' | 'now'>): ControlSteps['settleOrphan'] =>
  async ({ backupId, recovered, snapshotGone, filesGone, reason }) => {
    // Files that could not be looked at may still hold the point: the job stays open until they can.
    if (!filesGone) return
    await endWaits(db, backupId, waitingSteps, now().toISOString())
    const cleanup = snapshotGone ? 'done' : 'pending'
    if (recovered)
      await recoverBackup(db, backupId, outcome({ status: 'completed', cleanup, error: null }, now()))
    else {
      const error = endedFromOutside(reason, cleanup)
      await finishBackup(db, backupId, outcome({ status: 'failed', cleanup, error }, now()))
    }
    await setCleanup(db, backupId, cleanup)
  }

const endedFromOutside = (reason: string, cleanup: Cleanup): FinishInput['error'] => ({
  code: 'internal',
  message: `The job was ended from outside: ${reason}. Its snapshot and partial files ${cleanup === 'done' ? 'were removed' : 'are still being removed'}.`,
  remedy: 'Start the backup again.',
})
