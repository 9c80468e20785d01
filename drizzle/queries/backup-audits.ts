import { and, eq, inArray, sql } from 'drizzle-orm'
import type { AuditScope } from '../../domain/backup.js'
import { matched } from '../open.js'
import type { Db } from '../open.js'
import { backupJobs } from '../schema/backup-jobs.js'
import { openBackupStatuses } from './backups.js'

/** Records what an open backup's audit is to read; a wider request stays. False when it is over. */
export const requestAudit = async (db: Db, id: string, scope: AuditScope): Promise<boolean> =>
  matched(
    await db
      .update(backupJobs)
      .set({ audit_scope: sql`if(${backupJobs.audit_scope} = 'all', 'all', ${scope})` })
      .where(and(eq(backupJobs.id, id), inArray(backupJobs.status, openBackupStatuses))),
  ) === 1
