import type { GroupView } from '../../../api/contract/machine-groups.js'
import { ConfirmDialog } from '../../ui/confirm-dialog.js'
import { useDeleteGroup } from './use-delete-group.js'

export const DeleteGroupDialog = ({
  group,
  onClose,
  onDeleted,
}: {
  group: GroupView
  onClose: () => void
  onDeleted: () => void
}) => {
  const remove = useDeleteGroup(group.id)
  return (
    <ConfirmDialog
      title={`Delete ${group.name}`}
      submit="Delete group"
      isPending={remove.isPending}
      error={remove.error}
      onConfirm={() => remove.mutate(undefined, { onSuccess: onDeleted })}
      onClose={onClose}
    >
      The group and its memberships are removed. Its VMs stay under protection and their backups stay where
      they are. A group that a flow protects is not removed.
    </ConfirmDialog>
  )
}
