import type { BackupChain } from '../../../api/contract/backups.js'
import { formatCount } from '../../lib/format.js'
import { BytesText } from '../../ui/bytes-text.js'
import { ConfirmDialog } from '../../ui/confirm-dialog.js'
import { TimeText } from '../../ui/time-text.js'
import { useDeleteChain } from './use-delete-chain.js'

/** Asks before all points that hang together go. */
export const DeleteChainDialog = ({
  chain,
  onClose,
  onDeleted,
}: {
  chain: BackupChain
  onClose: () => void
  onDeleted: () => void
}) => {
  const remove = useDeleteChain(chain.full_backup_id)
  const vmName = chain.backups[0]?.vm_name ?? ''
  const { backup_ids: ids, bytes_stored } = chain.whole
  const others = ids.length - chain.backup_count
  return (
    <ConfirmDialog
      title={`Delete a whole chain of ${vmName}`}
      submit={`Delete ${formatCount(ids.length, 'point')}`}
      typed={{ what: "the VM's name", text: vmName }}
      isPending={remove.isPending}
      error={remove.error}
      onConfirm={() => remove.mutate(undefined, { onSuccess: onDeleted })}
      onClose={onClose}
    >
      <p>
        {formatCount(ids.length, 'point')} with <BytesText bytes={bytes_stored} /> of all disks{' '}
        {ids.length === 1 ? 'is' : 'are'} removed from the repository and cannot be brought back: those of{' '}
        <TimeText iso={chain.first_point_at} hasZone /> to <TimeText iso={chain.newest_point_at} hasZone />.
      </p>
      {others > 0 && (
        <p className="mt-2">
          {formatCount(others, 'point')} among them {others === 1 ? 'is' : 'are'} not in this disk&apos;s
          list: other disks of the VM bind {others === 1 ? 'it' : 'them'} to this chain.
        </p>
      )}
    </ConfirmDialog>
  )
}
