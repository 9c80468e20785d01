import type { BackupJob } from '../../../api/contract/backups.js'
import { BytesText } from '../../ui/bytes-text.js'
import { ConfirmDialog } from '../../ui/confirm-dialog.js'
import { TimeText } from '../../ui/time-text.js'
import { useDeleteBackup } from './use-delete-backup.js'

export const DeleteBackupDialog = ({
  backup,
  onClose,
  onDeleted,
}: {
  backup: BackupJob
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
      {backup.status === 'completed' ? (
        <>
          The point of <TimeText iso={backup.completed_at ?? backup.created_at} hasZone /> with{' '}
          <BytesText bytes={backup.bytes_stored} /> is removed from its repository and cannot be brought back.
        </>
      ) : (
        <>
          The record of this backup with its steps is removed. It holds no point: the backup{' '}
          {backup.status === 'failed' ? 'failed' : 'was cancelled'}.
        </>
      )}
    </ConfirmDialog>
  )
}
