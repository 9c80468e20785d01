import type { BackupDetails } from '../../../api/contract/backups.js'
import { formatBytes, formatTime } from '../../lib/format.js'
import { ConfirmDialog } from '../../ui/confirm-dialog.js'
import { useDeleteBackup } from './use-delete-backup.js'

export const DeleteBackupDialog = ({
  backup,
  onClose,
  onDeleted,
}: {
  backup: BackupDetails
  onClose: () => void
  onDeleted: () => void
}) => {
  const remove = useDeleteBackup(backup.id)
  return (
    <ConfirmDialog
      title={`Delete a backup of ${backup.vm_name}`}
      submit="Delete backup"
      typed={{ what: "the VM's name", text: backup.vm_name }}
      isPending={remove.isPending}
      error={remove.error}
      onConfirm={() => remove.mutate(undefined, { onSuccess: onDeleted })}
      onClose={onClose}
    >
      The point of {formatTime(backup.completed_at ?? backup.created_at)} with{' '}
      {formatBytes(backup.bytes_stored)} is removed from its repository and cannot be brought back.
    </ConfirmDialog>
  )
}
