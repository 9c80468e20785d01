import type { PolicyView } from '../../../api/contract/policies.js'
import { ConfirmDialog } from '../../ui/confirm-dialog.js'
import { useDeletePolicy } from './use-delete-policy.js'

export const DeletePolicyDialog = ({ policy, onClose }: { policy: PolicyView; onClose: () => void }) => {
  const remove = useDeletePolicy(policy.id)
  return (
    <ConfirmDialog
      title={`Delete ${policy.name}`}
      submit="Delete policy"
      isPending={remove.isPending}
      error={remove.error}
      onConfirm={() => remove.mutate(undefined, { onSuccess: onClose })}
      onClose={onClose}
    >
      The policy is removed; no backup is. A policy that a flow uses is not removed: give those flows another
      one, or none, first.
    </ConfirmDialog>
  )
}
