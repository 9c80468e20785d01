import type { BackupDetails } from '../../../api/contract/backups.js'
import { ConfirmDialog } from '../../ui/confirm-dialog.js'
import { useCancelBackup } from './use-cancel-backup.js'

export const CancelBackupDialog = ({ backup, onClose }: { backup: BackupDetails; onClose: () => void }) => {
  const cancel = useCancelBackup(backup.id)
  return (
    <ConfirmDialog
      title={`Cancel the backup of ${backup.vm_name}`}
      submit="Cancel backup"
      isPending={cancel.isPending}
      error={cancel.error}
      onConfirm={() => cancel.mutate(undefined, { onSuccess: onClose })}
      onClose={onClose}
    >
      What was copied so far is removed, and so is the snapshot. Earlier backups stay as they are.
    </ConfirmDialog>
  )
}
