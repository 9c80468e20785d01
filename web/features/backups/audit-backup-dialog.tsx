import { useState } from 'react'
import type { BackupDetails } from '../../../api/contract/backups.js'
import type { AuditScope } from '../../../domain/backup.js'
import { ConfirmDialog } from '../../ui/confirm-dialog.js'
import { SelectField } from '../../ui/select-field.js'
import { auditScopes } from './audit-scopes.js'
import { useAuditBackup } from './use-audit-backup.js'

/** Asks how much of the snapshot is to be compared with what change tracking claimed. */
export const AuditBackupDialog = ({ backup, onClose }: { backup: BackupDetails; onClose: () => void }) => {
  const choices = auditScopes.filter(({ value }) => value !== backup.audit_scope)
  const [scope, setScope] = useState<AuditScope>(choices[0]?.value ?? 'sample')
  const audit = useAuditBackup(backup.id)
  return (
    <ConfirmDialog
      title={`Audit change tracking of ${backup.vm_name}`}
      submit="Audit"
      isDangerous={false}
      isPending={audit.isPending}
      error={audit.error}
      onConfirm={() => audit.mutate(scope, { onSuccess: onClose })}
      onClose={onClose}
    >
      <p className="mb-4">
        When its disks are copied, this backup also reads what change tracking says has not changed, and
        compares it with the point below. A difference marks the chain, and the next backup reads that disk in
        full.
        {backup.audit_scope !== null && ' A sample is asked for already; this widens it.'}
      </p>
      <SelectField label="What is read" value={scope} choices={choices} onChange={setScope} />
    </ConfirmDialog>
  )
}
