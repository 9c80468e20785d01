import { and, eq, ne, sql } from 'drizzle-orm'
import { inTransaction } from '../open.js'
import type { Db } from '../open.js'
import { backupJobDisks } from '../schema/backup-job-disks.js'
import { jobProgress } from '../schema/job-progress.js'
import { updateBackup } from './backup-changes.js'
import { openBackupStatuses } from './backups.js'

/**
 * A running job is paused, and its progress stands still. One that was not asked to has a reason: it waits for room,
 * and gives back what it reserved; two that kept theirs could wait for each other's for ever. False when it is neither
 * running nor paused.
 */
export const markPaused = (db: Db, id: string, reason: string | null): Promise<boolean> =>
  inTransaction(db, async (tx) => {
    const pause = {
      status: 'paused',
      pause_reason: reason,
      ...(reason !== null && { reserved_bytes: 0 }),
    } as const
    if (!(await updateBackup(tx, id, pause, ['running', 'paused']))) return false
    await tx
      .update(jobProgress)
      .set({ bytes_per_second: 0, eta_seconds: null, bottleneck: null })
      .where(eq(jobProgress.job_id, id))
    return true
  })

/** A paused job runs on. False when it is neither paused nor running. */
export const markResumed = (db: Db, id: string): Promise<boolean> =>
  updateBackup(db, id, { status: 'running', pause_reason: null }, ['running', 'paused'])

/**
 * What an open job has copied is gone, and its snapshot with it: its disks are to be copied from their beginning.
 * Their attempt numbers go on, so that a mover of before can write nothing.
 */
export const forgetCopies = (db: Db, id: string): Promise<void> =>
  inTransaction(db, async (tx) => {
    const nothing = { bytes_total: 0, bytes_read: 0, bytes_stored: 0, bytes_skipped: 0 }
    const isOpen = await updateBackup(
      tx,
      id,
      { snapshot_reference: null, snapshot_taken_at: null, consistency: null, reserved_bytes: 0 },
      openBackupStatuses,
    )
    if (!isOpen) return
    await tx
      .update(backupJobDisks)
      .set({
        ...nothing,
        status: 'pending',
        change_id: null,
        duration_ms: null,
        attempt_no: sql`${backupJobDisks.attempt_no} + 1`,
      })
      .where(and(eq(backupJobDisks.backup_id, id), ne(backupJobDisks.status, 'committed')))
    await tx.delete(jobProgress).where(eq(jobProgress.job_id, id))
  })
