import type { Backup } from '../../domain/backup.js'
import { finishBackup, setCleanup } from '../../drizzle/queries/backup-changes.js'
import { backupsWithPendingCleanup, openBackups } from '../../drizzle/queries/backups.js'
import { listPlatforms } from '../../drizzle/queries/platforms.js'
import { listRepositories } from '../../drizzle/queries/repositories.js'
import type { ControlSteps, Orphan } from '../steps.js'
import type { CatalogDependencies } from './dependencies.js'
import { ownerIsOpen } from './owner-is-open.js'
import { outcome } from './records.js'

/** A row younger than this may belong to a start that is on its way from the API. */
const youngMs = 15_000
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
  if (now().getTime() - Date.parse(backup.created_at) < youngMs && backup.run_id === null) return false
  return !(await ownerIsOpen(client, backup.workflow_id, backup.run_id))
}

const orphanOf = (backup: Backup, site: string): Orphan => ({
  backupId: backup.id,
  repositoryId: backup.repository_id,
  site,
  reason: 'its workflow was terminated or lost',
})

/** Safe to run twice: an ended job keeps its ending, only its cleanup is settled. */
export const settleOrphan =
  ({ db, now }: CatalogDependencies): ControlSteps['settleOrphan'] =>
  async ({ backupId, recovered, snapshotGone, filesGone, reason }) => {
    const cleanup = snapshotGone && filesGone ? 'done' : 'pending'
    // Files that could not be looked at may still hold the point: the job stays open until they can.
    if (!filesGone) return
    const error = recovered
      ? null
      : {
          code: 'internal',
          message: `The job was ended from outside: ${reason}. Its snapshot and partial files ${cleanup === 'done' ? 'were removed' : 'are still being removed'}.`,
          remedy: 'Start the backup again.',
        }
    const ended = await finishBackup(
      db,
      backupId,
      outcome({ status: recovered ? 'completed' : 'failed', cleanup, error }, now()),
    )
    if (!ended) await setCleanup(db, backupId, cleanup)
  }
