import type { Db } from '../../drizzle/open.js'
import { updateBackup } from '../../drizzle/queries/backup-changes.js'
import { backupById, openBackupStatuses } from '../../drizzle/queries/backups.js'

/** Adds a sentence to a job's warnings, once. */
export async function addWarning(db: Db, backupId: string, warning: string): Promise<void> {
  const warnings = (await backupById(db, backupId))?.warnings ?? []
  if (!warnings.includes(warning))
    await updateBackup(db, backupId, { warnings: [...warnings, warning] }, openBackupStatuses)
}
