import { and, eq, inArray, ne, notInArray, sql } from 'drizzle-orm'
import type { MySqlColumn } from 'drizzle-orm/mysql-core'
import type { BackupDisk, ReadMode, StoredAs } from '../../domain/backup.js'
import { Failure } from '../../domain/failure.js'
import { inTransaction, matched } from '../open.js'
import type { Db } from '../open.js'
import { backupJobDisks } from '../schema/backup-job-disks.js'
import { backupJobs } from '../schema/backup-jobs.js'
import { openBackupStatuses } from './backups.js'

const isDisk = (backupId: string, diskId: string) =>
  and(eq(backupJobDisks.backup_id, backupId), eq(backupJobDisks.disk_id, diskId))

/** The new plan while nobody has begun to copy the disk. */
const ifPending = (column: MySqlColumn) =>
  sql`if(${backupJobDisks.status} = 'pending', values(${sql.identifier(column.name)}), ${column})`

/**
 * Plans the disks of a backup. Safe to run twice: a disk that is copied keeps its row; one that waits takes the new
 * plan but keeps its attempt number, and one that waits and is no longer planned goes.
 */
export const insertDisks = async (db: Db, disks: readonly BackupDisk[]): Promise<void> => {
  const [first] = disks
  if (first === undefined) return
  await inTransaction(db, async (tx) => {
    await tx.delete(backupJobDisks).where(
      and(
        eq(backupJobDisks.backup_id, first.backup_id),
        eq(backupJobDisks.status, 'pending'),
        notInArray(
          backupJobDisks.disk_id,
          disks.map((disk) => disk.disk_id),
        ),
      ),
    )
    await tx
      .insert(backupJobDisks)
      .values([...disks])
      .onDuplicateKeyUpdate({
        set: {
          disk_index: ifPending(backupJobDisks.disk_index),
          label: ifPending(backupJobDisks.label),
          device_key: ifPending(backupJobDisks.device_key),
          backing_uuid: ifPending(backupJobDisks.backing_uuid),
          source_path: ifPending(backupJobDisks.source_path),
          capacity_bytes: ifPending(backupJobDisks.capacity_bytes),
          read_mode: ifPending(backupJobDisks.read_mode),
          read_reason: ifPending(backupJobDisks.read_reason),
          stored_as: ifPending(backupJobDisks.stored_as),
          stored_reason: ifPending(backupJobDisks.stored_reason),
          parent_backup_id: ifPending(backupJobDisks.parent_backup_id),
          file_name: ifPending(backupJobDisks.file_name),
        },
      })
  })
}

/**
 * The next attempt number of a disk: from now on only its holder may write. Throws Failure('not-found') for an unknown
 * disk and Failure('conflict') for one that is committed.
 */
export const takeAttempt = (db: Db, backupId: string, diskId: string): Promise<number> =>
  inTransaction(db, async (tx) => {
    const result = await tx
      .update(backupJobDisks)
      .set({
        attempt_no: sql`${backupJobDisks.attempt_no} + 1`,
        status: 'copying',
        // What is copied again was never audited.
        audit_result: null,
        audit_detail: null,
      })
      .where(and(isDisk(backupId, diskId), ne(backupJobDisks.status, 'committed')))
    // The update holds the row's lock, so what is read next is what it wrote.
    const [row] = await tx.select().from(backupJobDisks).where(isDisk(backupId, diskId))
    if (row === undefined) throw diskUnknown(backupId, diskId)
    if (matched(result) !== 1) throw diskCommitted(backupId, diskId)
    return row.attempt_no
  })

const diskUnknown = (backup: string, disk: string): Failure =>
  new Failure('not-found', `Backup ${backup} has no disk ${disk}`, { retry: false, facts: { backup, disk } })

const diskCommitted = (backup: string, disk: string): Failure =>
  new Failure('conflict', `Disk ${disk} of backup ${backup} is committed and is not copied again`, {
    retry: false,
    facts: { backup, disk },
  })

/** The disk while `attemptNo` is its current attempt; undefined once a newer one has been taken. */
export const diskIfCurrent = async (
  db: Db,
  backupId: string,
  diskId: string,
  attemptNo: number,
): Promise<BackupDisk | undefined> => {
  const [row] = await db
    .select()
    .from(backupJobDisks)
    .where(and(isDisk(backupId, diskId), eq(backupJobDisks.attempt_no, attemptNo)))
  return row
}

/** Whether an attempt may still write: nobody has taken a newer one, and the job is open. */
export const isCurrentAttempt = async (
  db: Db,
  { backupId, diskId, attemptNo }: { backupId: string; diskId: string; attemptNo: number },
): Promise<boolean> => {
  const found = await db
    .select({ attempt_no: backupJobDisks.attempt_no })
    .from(backupJobDisks)
    .innerJoin(backupJobs, eq(backupJobs.id, backupJobDisks.backup_id))
    .where(
      and(
        isDisk(backupId, diskId),
        eq(backupJobDisks.attempt_no, attemptNo),
        eq(backupJobDisks.status, 'copying'),
        inArray(backupJobs.status, [...openBackupStatuses]),
      ),
    )
  return found.length === 1
}

export interface CopiedDisk {
  readonly backupId: string
  readonly diskId: string
  readonly attemptNo: number
  readonly bytesTotal: number
  readonly bytesRead: number
  readonly bytesStored: number
  readonly bytesSkipped: number
  readonly durationMs: number
  /** Left as planned when absent. */
  readonly changeId?: string | null
}

/** Records a finished copy; false when a newer attempt has been taken (or the disk is committed). */
export const recordDiskCopied = async (db: Db, copied: CopiedDisk): Promise<boolean> =>
  matched(
    await db
      .update(backupJobDisks)
      .set({
        status: 'copied',
        bytes_total: copied.bytesTotal,
        bytes_read: copied.bytesRead,
        bytes_stored: copied.bytesStored,
        bytes_skipped: copied.bytesSkipped,
        duration_ms: Math.round(copied.durationMs),
        ...(copied.changeId === undefined ? {} : { change_id: copied.changeId }),
      })
      .where(
        and(
          isDisk(copied.backupId, copied.diskId),
          eq(backupJobDisks.attempt_no, copied.attemptNo),
          inArray(backupJobDisks.status, ['copying', 'copied']),
        ),
      ),
  ) === 1

export interface DiskPlan {
  readonly backupId: string
  readonly diskId: string
  readonly changeId: string | null
  readonly readMode: ReadMode
  readonly readReason: string
  readonly storedAs?: StoredAs
  readonly storedReason?: string
  readonly parentBackupId?: string | null
  readonly bytesTotal?: number
  /** Given by a mover: the plan is written only while this is the current attempt. */
  readonly attemptNo?: number
}

/** Writes how a disk is read and stored, and why; false when it is committed or the attempt is no longer current. */
export const setDiskPlan = async (db: Db, plan: DiskPlan): Promise<boolean> =>
  matched(
    await db
      .update(backupJobDisks)
      .set({
        change_id: plan.changeId,
        read_mode: plan.readMode,
        read_reason: plan.readReason,
        ...(plan.storedAs === undefined ? {} : { stored_as: plan.storedAs }),
        ...(plan.storedReason === undefined ? {} : { stored_reason: plan.storedReason }),
        ...(plan.parentBackupId === undefined ? {} : { parent_backup_id: plan.parentBackupId }),
        ...(plan.bytesTotal === undefined ? {} : { bytes_total: plan.bytesTotal }),
      })
      .where(
        and(
          isDisk(plan.backupId, plan.diskId),
          ne(backupJobDisks.status, 'committed'),
          plan.attemptNo === undefined ? undefined : eq(backupJobDisks.attempt_no, plan.attemptNo),
        ),
      ),
  ) === 1

/** All disks of a backup become `committed`, or none: false while one of them is not copied. Safe to run twice. */
export const markCommitted = (db: Db, backupId: string): Promise<boolean> =>
  inTransaction(db, async (tx) => {
    const disks = await tx
      .select({ status: backupJobDisks.status })
      .from(backupJobDisks)
      .where(eq(backupJobDisks.backup_id, backupId))
      .for('update')
    const ready = disks.every((disk) => disk.status === 'copied' || disk.status === 'committed')
    if (disks.length === 0 || !ready) return false
    await tx.update(backupJobDisks).set({ status: 'committed' }).where(eq(backupJobDisks.backup_id, backupId))
    return true
  })

/** The disks of a backup in the VM's order. */
export const disksOfBackup = (db: Db, backupId: string): Promise<BackupDisk[]> =>
  db
    .select()
    .from(backupJobDisks)
    .where(eq(backupJobDisks.backup_id, backupId))
    .orderBy(backupJobDisks.disk_index)
