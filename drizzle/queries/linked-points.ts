import { and, asc, eq } from 'drizzle-orm'
import type { Backup } from '../../domain/backup.js'
import type { LinkedPoint } from '../../domain/rules/chains.js'
import type { Db } from '../open.js'
import { backupJobDisks } from '../schema/backup-job-disks.js'
import { backupJobs } from '../schema/backup-jobs.js'
import { backupById } from './backups.js'
import { groupedBy } from './grouped.js'

/** The completed points of one VM in one repository, oldest first: where a chain can only lie. */
export const pointsOfVm = async (
  db: Db,
  of: { readonly vmContextId: string; readonly repositoryId: number },
): Promise<(LinkedPoint & { readonly backup: Backup })[]> => {
  const rows = await db
    .select({ backup: backupJobs, parentId: backupJobDisks.parent_backup_id })
    .from(backupJobs)
    .leftJoin(backupJobDisks, eq(backupJobDisks.backup_id, backupJobs.id))
    .where(
      and(
        eq(backupJobs.vm_context_id, of.vmContextId),
        eq(backupJobs.repository_id, of.repositoryId),
        eq(backupJobs.status, 'completed'),
      ),
    )
    .orderBy(asc(backupJobs.created_at), asc(backupJobs.id))
  return [...groupedBy(rows, ({ backup }) => backup.id).values()].flatMap((disks) => {
    const [first] = disks
    if (first === undefined) return []
    const { backup } = first
    const takenAt = new Date(backup.snapshot_taken_at ?? backup.created_at)
    const parentIds = [...new Set(disks.flatMap(({ parentId }) => parentId ?? []))]
    return [{ backupId: backup.id, takenAt, parentIds, backup }]
  })
}

/** The completed points that share VM and repository with a backup; none where it is unknown. */
export const linkedPoints = async (db: Db, backupId: string): Promise<LinkedPoint[]> => {
  const backup = await backupById(db, backupId)
  if (backup === undefined) return []
  return pointsOfVm(db, { vmContextId: backup.vm_context_id, repositoryId: backup.repository_id })
}

/** The VMs that have points in a repository. */
export const vmsWithPoints = async (db: Db, repositoryId: number): Promise<string[]> => {
  const rows = await db
    .selectDistinct({ id: backupJobs.vm_context_id })
    .from(backupJobs)
    .where(and(eq(backupJobs.repository_id, repositoryId), eq(backupJobs.status, 'completed')))
  return rows.map(({ id }) => id)
}
