import { and, eq, inArray, isNull, notInArray, or, sql } from 'drizzle-orm'
import type { Backup, BackupStatus, Cleanup } from '../../domain/backup.js'
import { isReferredTo } from '../errors.js'
import { inTransaction, matched } from '../open.js'
import type { Db } from '../open.js'
import { backupJobDisks } from '../schema/backup-job-disks.js'
import { backupJobs } from '../schema/backup-jobs.js'
import { backupPins } from '../schema/backup-pins.js'
import { jobProgress } from '../schema/job-progress.js'
import { jobSteps } from '../schema/job-steps.js'
import { handDownDoubts } from './backup-audits.js'
import { backupById, openBackupStatuses } from './backups.js'
import { pinsOn } from './pins.js'
import type { PinOwner } from './pins.js'

export type NewBackup = Pick<
  Backup,
  | 'id'
  | 'vm_context_id'
  | 'vm_name'
  | 'repository_id'
  | 'platform_id'
  | 'requested_type'
  | 'quiesce'
  | 'exclude_disks'
  | 'workflow_id'
  | 'snapshot_token'
  | 'created_by'
  | 'created_at'
> &
  Partial<
    Pick<
      Backup,
      | 'backup_type'
      | 'reserved_bytes'
      | 'total_bytes'
      | 'transport'
      | 'audit_scope'
      | 'flow_id'
      | 'execution_id'
    >
  >

const pendingRow = (row: NewBackup): typeof backupJobs.$inferInsert => ({
  backup_type: row.requested_type === 'incremental' ? 'incremental' : 'full',
  reserved_bytes: 0,
  total_bytes: 0,
  bytes_read: 0,
  bytes_stored: 0,
  bytes_skipped: 0,
  warnings: [],
  ...row,
  status: 'pending',
  cleanup: 'done',
})

/** The row that stands before its workflow is started: nobody owns it yet. */
export const insertPendingBackup = async (db: Db, row: NewBackup): Promise<void> => {
  await db.insert(backupJobs).values(pendingRow(row))
}

/** Takes back the row of a refused start; false (and nothing done) when a run has claimed it. */
export const deletePendingBackup = async (db: Db, id: string): Promise<boolean> =>
  matched(
    await db
      .delete(backupJobs)
      .where(and(eq(backupJobs.id, id), eq(backupJobs.status, 'pending'), isNull(backupJobs.run_id))),
  ) === 1

/**
 * Makes the row this run's: `pending` becomes `running`. True also when it is this run's already (a retry), and for a
 * row marked `cancelling` before anybody claimed it, which stays so: its run must still end it. With `ifMissing` a
 * row that is not there is made in the same transaction, so that nobody can take it back before it is claimed.
 */
export const claimBackup = async (
  db: Db,
  id: string,
  runId: string,
  now: string,
  ifMissing?: NewBackup,
): Promise<boolean> =>
  ifMissing === undefined
    ? claimRow(db, id, runId, now)
    : inTransaction(db, async (tx) => {
        await tx
          .insert(backupJobs)
          .values(pendingRow(ifMissing))
          .onDuplicateKeyUpdate({ set: { id: sql`id` } })
        return claimRow(tx, id, runId, now)
      })

const claimRow = async (db: Db, id: string, runId: string, now: string): Promise<boolean> => {
  const result = await db
    .update(backupJobs)
    .set({
      status: sql`if(${backupJobs.status} = 'pending', 'running', ${backupJobs.status})`,
      run_id: runId,
      started_at: sql`coalesce(${backupJobs.started_at}, ${sql.param(now, backupJobs.started_at)})`,
    })
    .where(
      and(
        eq(backupJobs.id, id),
        or(
          and(inArray(backupJobs.status, ['pending', 'cancelling']), isNull(backupJobs.run_id)),
          and(inArray(backupJobs.status, openBackupStatuses), eq(backupJobs.run_id, runId)),
        ),
      ),
    )
  return matched(result) === 1
}

export type BackupPatch = Partial<
  Omit<Backup, 'id' | 'vm_context_id' | 'repository_id' | 'platform_id' | 'created_at' | 'created_by'>
>

/** Changes a row only while its status is one of `allowed`; returns whether it was. */
export const updateBackup = async (
  db: Db,
  id: string,
  patch: BackupPatch,
  allowed: readonly BackupStatus[],
): Promise<boolean> =>
  matched(
    await db
      .update(backupJobs)
      .set(patch)
      .where(and(eq(backupJobs.id, id), inArray(backupJobs.status, [...allowed]))),
  ) === 1

/** Shows a cancellation at once. False when the backup is over (or unknown); true again when already marked. */
export const markCancelling = (db: Db, id: string): Promise<boolean> =>
  updateBackup(db, id, { status: 'cancelling' }, openBackupStatuses)

export type BackupOutcome = {
  readonly status: 'completed' | 'failed' | 'cancelled'
  readonly cleanup: Cleanup
  readonly completed_at: string
} & Omit<BackupPatch, 'status' | 'cleanup' | 'completed_at'>

/** Ends an open backup. A second call with the same status wins too and changes nothing; another status loses. */
export const finishBackup = async (db: Db, id: string, outcome: BackupOutcome): Promise<boolean> => {
  if (await updateBackup(db, id, outcome, openBackupStatuses)) return true
  return (await backupById(db, id))?.status === outcome.status
}

/**
 * Completes a backup whose manifest turned out to stand: an open one, or one that had ended as failed because its run
 * could not see the point it had made. A completed one keeps its ending. False when there is no such backup.
 */
export const recoverBackup = async (db: Db, id: string, outcome: BackupOutcome): Promise<boolean> => {
  if (await updateBackup(db, id, outcome, [...openBackupStatuses, 'failed', 'cancelled'])) return true
  return (await backupById(db, id))?.status === 'completed'
}

/** What an ended backup left behind is gone (or is known to be there). */
export const setCleanup = (db: Db, id: string, cleanup: Cleanup): Promise<boolean> =>
  updateBackup(db, id, { cleanup }, ['completed', 'failed', 'cancelled'])

/**
 * Removes a backup's row with its disks, steps, progress and the pins of who deletes it. `has-children`: a completed
 * or open backup is stored over it; failed and cancelled ones only forget the parent they never used. `in-use`:
 * somebody else has pinned it.
 */
export const deleteBackupRow = (
  db: Db,
  id: string,
  owner?: PinOwner,
): Promise<'deleted' | 'not-found' | 'has-children' | 'in-use'> =>
  inTransaction(db, async (tx) => {
    await tx.select({ id: backupJobs.id }).from(backupJobs).where(eq(backupJobs.id, id)).for('update')
    const pins = await pinsOn(tx, [id])
    if (pins.some((pin) => pin.owner !== owner?.owner || pin.runId !== owner.runId)) return 'in-use'
    const over = tx
      .select({ id: backupJobs.id })
      .from(backupJobs)
      .where(notInArray(backupJobs.status, [...openBackupStatuses, 'completed']))
    await tx
      .update(backupJobDisks)
      .set({ parent_backup_id: null })
      .where(and(eq(backupJobDisks.parent_backup_id, id), inArray(backupJobDisks.backup_id, over)))
    const child = await tx
      .select({ id: backupJobDisks.backup_id })
      .from(backupJobDisks)
      .where(eq(backupJobDisks.parent_backup_id, id))
      .limit(1)
    if (child.length > 0) return 'has-children'
    await handDownDoubts(tx, id)
    await tx.delete(backupJobDisks).where(eq(backupJobDisks.backup_id, id))
    await tx.delete(jobSteps).where(eq(jobSteps.job_id, id))
    await tx.delete(jobProgress).where(eq(jobProgress.job_id, id))
    await tx.delete(backupPins).where(eq(backupPins.backup_id, id))
    return matched(await tx.delete(backupJobs).where(eq(backupJobs.id, id))) === 1 ? 'deleted' : 'not-found'
  }).catch((error: unknown) => {
    // A child planned between our look and our delete: the foreign key held, all of it is undone.
    if (isReferredTo(error)) return 'has-children' as const
    throw error
  })
