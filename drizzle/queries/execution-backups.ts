import { and, asc, eq, inArray } from 'drizzle-orm'
import type { Backup } from '../../domain/backup.js'
import type { Db } from '../open.js'
import { backupJobs } from '../schema/backup-jobs.js'
import { openBackupStatuses } from './backups.js'

/** Backups of an execution that are not over, oldest first. */
export const openBackupsOfExecution = (db: Db, executionId: string): Promise<Backup[]> =>
  db
    .select()
    .from(backupJobs)
    .where(and(eq(backupJobs.execution_id, executionId), inArray(backupJobs.status, openBackupStatuses)))
    .orderBy(asc(backupJobs.created_at), asc(backupJobs.id))

/** These backups as they stand, by id. */
export const backupsByIds = async (db: Db, ids: readonly string[]): Promise<Map<string, Backup>> => {
  if (ids.length === 0) return new Map()
  const rows = await db
    .select()
    .from(backupJobs)
    .where(inArray(backupJobs.id, [...ids]))
  return new Map(rows.map((row) => [row.id, row]))
}
