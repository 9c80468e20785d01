import { useState } from 'react'
import { Link } from 'react-router'
import type { BackupDetails } from '../../../api/contract/backups.js'
import type { BackupDisk } from '../../../domain/backup.js'
import { isActive } from '../../lib/progress.js'
import { SelectField } from '../../ui/select-field.js'
import { ChainOfDisk } from './chain-of-disk.js'

/** The chain that a backup's point stands in, or will, disk by disk. */
export const BackupChainSection = ({
  backup,
  onDeleted,
}: {
  backup: BackupDetails
  onDeleted: () => void
}) => {
  const [chosen, setChosen] = useState('')
  const disk = backup.disks.find((each) => each.disk_id === chosen) ?? backup.disks[0]
  return (
    <div className="space-y-4">
      <div className="flex flex-wrap items-end justify-between gap-3">
        {backup.disks.length > 1 && disk !== undefined ? (
          <SelectField
            label="Disk"
            value={disk.disk_id}
            choices={backup.disks.map((each) => ({ value: each.disk_id, text: each.label }))}
            onChange={setChosen}
          />
        ) : (
          <p className="text-sm text-gray-400">{disk?.label}</p>
        )}
        <Link
          to={`/vms/${backup.vm_context_id}/points?repository=${backup.repository_id}`}
          className="text-sm text-blue-400 underline"
        >
          All restore points of {backup.vm_name}
        </Link>
      </div>
      <DiskChain backup={backup} disk={disk} onDeleted={onDeleted} />
    </div>
  )
}

const DiskChain = ({
  backup,
  disk,
  onDeleted,
}: {
  backup: BackupDetails
  disk: BackupDisk | undefined
  onDeleted: () => void
}) => {
  const isPoint = backup.status === 'completed'
  const shown = isPoint ? backup.id : disk?.parent_backup_id
  const comes = isActive(backup.status) && backup.status !== 'cancelling'
  if (disk === undefined || !shown || !(isPoint || comes))
    return <p className="text-sm text-gray-300">{whyNone(backup)}</p>
  return (
    <>
      {!isPoint && (
        <p className="text-sm text-gray-300">
          This backup joins the chain below when it is completed, over {shown}.
        </p>
      )}
      <ChainOfDisk
        asked={{
          vm_context_id: backup.vm_context_id,
          disk_id: disk.disk_id,
          repository_id: backup.repository_id,
          backup_id: shown,
        }}
        current={backup.id}
        onDeleted={(ids) => ids.includes(backup.id) && onDeleted()}
      />
    </>
  )
}

const whyNone = ({ status, disks }: BackupDetails): string => {
  if (status === 'cancelling')
    return 'No point comes of this backup: it is being cancelled. Earlier points stay as they are.'
  if (status === 'failed') return 'No point came of this backup: it failed. Earlier points stay as they are.'
  if (status === 'cancelled')
    return 'No point came of this backup: it was cancelled. Earlier points stay as they are.'
  return disks.length === 0
    ? 'Which chain this backup joins is decided once its disks are known.'
    : 'This disk begins a new chain when the backup is completed.'
}
