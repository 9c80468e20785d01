import { and, eq, inArray, sql } from 'drizzle-orm'
import type { AuditResult, AuditScope, BackupDisk } from '../../domain/backup.js'
import { Failure } from '../../domain/failure.js'
import { newestDoubt } from '../../domain/rules/audits.js'
import { inTransaction, matched } from '../open.js'
import type { Db } from '../open.js'
import { backupJobDisks } from '../schema/backup-job-disks.js'
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

const isDisk = (backupId: string, diskId: string) =>
  and(eq(backupJobDisks.backup_id, backupId), eq(backupJobDisks.disk_id, diskId))

/**
 * The next attempt number of a copied disk, for its audit: it fences earlier audits and copies, and the copy stays what
 * it is. Throws Failure('conflict') for a disk that is not copied, or is committed.
 */
export const takeAuditAttempt = (db: Db, backupId: string, diskId: string): Promise<BackupDisk> =>
  inTransaction(db, async (tx) => {
    const result = await tx
      .update(backupJobDisks)
      .set({ attempt_no: sql`${backupJobDisks.attempt_no} + 1` })
      .where(and(isDisk(backupId, diskId), eq(backupJobDisks.status, 'copied')))
    const [row] = await tx.select().from(backupJobDisks).where(isDisk(backupId, diskId))
    if (row !== undefined && matched(result) === 1) return row
    throw new Failure('conflict', `Disk ${diskId} of backup ${backupId} is ${row?.status ?? 'unknown'}`, {
      retry: false,
      facts: { backup: backupId, disk: diskId },
      remedy: 'Only a disk that is copied and not yet committed can be audited.',
    })
  })

export interface DiskAudit {
  readonly backupId: string
  readonly diskId: string
  readonly attemptNo: number
  /** Null while it is read, and where nothing could be told. */
  readonly result: AuditResult | null
  readonly detail: string
}

/** Writes what an audit has found so far, or at its end; false when a newer attempt has been taken. */
export const recordDiskAudit = async (db: Db, audit: DiskAudit): Promise<boolean> =>
  matched(
    await db
      .update(backupJobDisks)
      .set({ audit_result: audit.result, audit_detail: audit.detail })
      .where(
        and(
          isDisk(audit.backupId, audit.diskId),
          eq(backupJobDisks.attempt_no, audit.attemptNo),
          eq(backupJobDisks.status, 'copied'),
        ),
      ),
  ) === 1

/** The point whose audit forbids to ask change tracking for a disk's next copy, as `newestDoubt` says. */
export const doubtOfDisk = async (
  db: Db,
  diskId: string,
  next: { readonly repositoryId: number; readonly baseId: string | undefined },
): Promise<string | undefined> => {
  const points = await db
    .select({
      backup: { id: backupJobs.id, repository_id: backupJobs.repository_id },
      disk: {
        audit_result: backupJobDisks.audit_result,
        read_mode: backupJobDisks.read_mode,
        bytes_total: backupJobDisks.bytes_total,
        capacity_bytes: backupJobDisks.capacity_bytes,
      },
    })
    .from(backupJobDisks)
    .innerJoin(backupJobs, eq(backupJobs.id, backupJobDisks.backup_id))
    .where(and(eq(backupJobDisks.disk_id, diskId), eq(backupJobs.status, 'completed')))
    .orderBy(
      sql`coalesce(${backupJobs.snapshot_taken_at}, ${backupJobs.created_at})`,
      backupJobs.created_at,
      backupJobs.id,
    )
  return newestDoubt(points, next)
}

/**
 * What an audit found outlives its point: change tracking has been wrong since the parent, and the next increment over
 * that one would miss the same changes. Call it before the point's rows go, in the same transaction.
 */
export const handDownDoubts = async (tx: Db, backupId: string): Promise<void> => {
  const doubted = await tx
    .select({ diskId: backupJobDisks.disk_id, parentId: backupJobDisks.parent_backup_id })
    .from(backupJobDisks)
    .where(and(eq(backupJobDisks.backup_id, backupId), eq(backupJobDisks.audit_result, 'differs')))
  for (const { diskId, parentId } of doubted)
    if (parentId !== null)
      await tx
        .update(backupJobDisks)
        .set({
          audit_result: 'differs',
          audit_detail: `an audit of ${backupId}, deleted since, found changes after this point that change tracking did not tell of: the next backup reads all of the disk`,
        })
        .where(isDisk(parentId, diskId))
}

/** Says of a copied disk why its audit could not be told; an attempt that still sleeps can write nothing any more. */
export const recordUnaudited = async (
  db: Db,
  backupId: string,
  diskId: string,
  detail: string,
): Promise<void> => {
  const { attempt_no: attemptNo } = await takeAuditAttempt(db, backupId, diskId)
  await recordDiskAudit(db, { backupId, diskId, attemptNo, result: null, detail })
}
