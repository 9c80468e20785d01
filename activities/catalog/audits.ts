import { Failure } from '../../domain/failure.js'
import { auditOf, sentenceOf } from '../../domain/rules/audits.js'
import { recordUnaudited, requestAudit } from '../../drizzle/queries/backup-audits.js'
import { updateBackup } from '../../drizzle/queries/backup-changes.js'
import { disksOfBackup } from '../../drizzle/queries/backup-disks.js'
import { openBackupStatuses } from '../../drizzle/queries/backups.js'
import { addWarning } from '../capture/add-warning.js'
import type { ControlSteps } from '../steps.js'
import type { CatalogDependencies } from './dependencies.js'

type Needs = Pick<CatalogDependencies, 'db' | 'now'>

/** Safe to run twice: what is to be read only grows. */
export const recordAuditRequest =
  ({ db }: Pick<Needs, 'db'>): ControlSteps['recordAuditRequest'] =>
  async ({ backupId, scope }) => {
    if (await requestAudit(db, backupId, scope)) return
    throw new Failure('conflict', `Backup ${backupId} is over and cannot be audited any more`, {
      retry: false,
      facts: { backup_id: backupId },
      remedy: 'Start another backup and ask for its audit.',
    })
  }

/** Safe to run twice: the job's result is made of its disks' anew, and a warning that stands is not repeated. */
export const concludeAudit =
  ({ db, now }: Needs): ControlSteps['concludeAudit'] =>
  async ({ backupId, failed }) => {
    for (const { diskId, why } of failed)
      await recordUnaudited(db, backupId, diskId, `could not be audited: ${why}`)
    const disks = await disksOfBackup(db, backupId)
    for (const disk of disks)
      if (disk.audit_result === 'differs' || failed.some(({ diskId }) => diskId === disk.disk_id))
        await addWarning(db, backupId, sentenceOf(disk))
    const { result, detail } = auditOf(disks)
    await updateBackup(
      db,
      backupId,
      { audited_at: now().toISOString(), audit_result: result, audit_detail: detail },
      openBackupStatuses,
    )
    return { result, detail }
  }
