import { Failure } from '../../domain/failure.js'
import { disksOfBackup, markCommitted } from '../../drizzle/queries/backup-disks.js'
import {
  finishBackup as finishRow,
  markCancelling as markRow,
  updateBackup,
} from '../../drizzle/queries/backup-changes.js'
import { backupById, openBackupStatuses } from '../../drizzle/queries/backups.js'
import { deleteCredential } from '../../drizzle/queries/credentials.js'
import { endWaits } from '../../drizzle/queries/job-steps.js'
import { waitingSteps } from '../job-log.js'
import type { ControlSteps, FinishInput } from '../steps.js'
import type { CatalogDependencies } from './dependencies.js'

/** Safe to run twice: only a job that runs becomes one that is being cancelled. */
export const markCancelling =
  ({ db }: CatalogDependencies): ControlSteps['markCancelling'] =>
  async ({ backupId }) => {
    await markRow(db, backupId)
  }

/** Safe to run twice: totals are recomputed from the disks' rows, never added up. */
export const recordPoint =
  ({ db }: Pick<CatalogDependencies, 'db'>): ControlSteps['recordPoint'] =>
  async ({ backupId, manifestPath }) => {
    const disks = await disksOfBackup(db, backupId)
    if (disks.length === 0)
      throw new Failure('internal', `Backup ${backupId} has no disks to commit`, { retry: false })
    await markCommitted(db, backupId)
    const sum = (pick: (disk: (typeof disks)[number]) => number): number =>
      disks.reduce((all, disk) => all + pick(disk), 0)
    await updateBackup(
      db,
      backupId,
      {
        manifest_path: manifestPath,
        reserved_bytes: 0,
        bytes_read: sum((disk) => disk.bytes_read),
        bytes_stored: sum((disk) => disk.bytes_stored),
        bytes_skipped: sum((disk) => disk.bytes_skipped),
      },
      openBackupStatuses,
    )
  }

/** Safe to run twice: an ended job keeps its first ending. */
export const finishBackup =
  ({ db, now }: CatalogDependencies): ControlSteps['finishBackup'] =>
  async ({ backupId, status, cleanup, error }) => {
    await endWaits(db, backupId, waitingSteps, now().toISOString())
    await finishRow(db, backupId, outcome({ status, cleanup, error }, now()))
  }

/** The columns of an ending: what is reserved is given back with it. */
export const outcome = ({ status, cleanup, error }: Omit<FinishInput, 'backupId'>, now: Date) => ({
  status,
  cleanup,
  reserved_bytes: 0,
  pause_reason: null,
  error_code: error?.code ?? null,
  error_message: error?.message ?? null,
  error_remedy: error?.remedy ?? null,
  completed_at: now.toISOString(),
})

/**
 * Safe to run twice: replaces the result of an earlier verification by why this one has none. Found damage stays: only
 * a verification that reads all of the point can say that it is gone.
 */
export const recordUnverified =
  ({ db, now }: Pick<CatalogDependencies, 'db' | 'now'>): ControlSteps['recordUnverified'] =>
  async ({ backupId, reason }) => {
    const record = { verified_at: now().toISOString(), verify_result: null, verify_detail: reason }
    if ((await backupById(db, backupId))?.verify_result === 'damaged') return
    await updateBackup(db, backupId, record, ['completed'])
  }

/** Safe to run twice: an absent credential is what is wanted. */
export const forgetCredential =
  ({ db }: CatalogDependencies): ControlSteps['forgetCredential'] =>
  async ({ credentialId }) => {
    await deleteCredential(db, credentialId)
  }
