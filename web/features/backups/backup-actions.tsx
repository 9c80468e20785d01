import { Button } from 'flowbite-react'
import { useState } from 'react'
import type { BackupDetails } from '../../../api/contract/backups.js'
import { auditBackup, cancelBackup, deleteBackup, verifyBackup } from '../../../api/contract/backups.js'
import { useMayCall } from '../../lib/role.js'
import { AuditBackupDialog } from './audit-backup-dialog.js'
import { CancelBackupDialog } from './cancel-backup-dialog.js'
import { DeleteBackupDialog } from './delete-backup-dialog.js'
import { PauseBackupButton } from './pause-backup-button.js'
import { VerifyBackupButton } from './verify-backup-button.js'

/** What can be done with a backup in its state; what cannot is not offered. */
export const BackupActions = ({ backup, onDeleted }: { backup: BackupDetails; onDeleted: () => void }) => {
  const [open, setOpen] = useState<'audit' | 'cancel' | 'delete'>()
  const mayAudit = useMayCall(auditBackup)
  const mayCancel = useMayCall(cancelBackup)
  const mayVerify = useMayCall(verifyBackup)
  const mayDelete = useMayCall(deleteBackup)
  const canCancel = backup.available_actions.includes('cancel')
  // Nothing is wider than all of it.
  const canAudit = backup.available_actions.includes('audit') && backup.audit_scope !== 'all'
  const hasEnded = ['completed', 'failed', 'cancelled'].includes(backup.status)
  const close = () => setOpen(undefined)
  return (
    <>
      {!hasEnded && <PauseBackupButton backup={backup} />}
      {canAudit && (
        <Button size="sm" color="alternative" disabled={!mayAudit} onClick={() => setOpen('audit')}>
          Audit
        </Button>
      )}
      {canCancel && (
        <Button size="sm" color="alternative" disabled={!mayCancel} onClick={() => setOpen('cancel')}>
          Cancel
        </Button>
      )}
      {backup.status === 'completed' && <VerifyBackupButton backup={backup} isDisabled={!mayVerify} />}
      {hasEnded && (
        <Button size="sm" color="red" disabled={!mayDelete} onClick={() => setOpen('delete')}>
          Delete
        </Button>
      )}
      {open === 'audit' && canAudit && <AuditBackupDialog backup={backup} onClose={close} />}
      {open === 'cancel' && canCancel && <CancelBackupDialog backup={backup} onClose={close} />}
      {open === 'delete' && <DeleteBackupDialog backup={backup} onClose={close} onDeleted={onDeleted} />}
    </>
  )
}
