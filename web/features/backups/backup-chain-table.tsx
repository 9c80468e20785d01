import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { Link } from 'react-router'
import type { BackupChain, BackupDetails, BackupJob } from '../../../api/contract/backups.js'
import { formatCount } from '../../lib/format.js'
import { BackupStatusTag } from '../../ui/backup-status-tag.js'
import { BytesText } from '../../ui/bytes-text.js'
import type { Column } from '../../ui/data-table.js'
import { DataTable } from '../../ui/data-table.js'
import { EmptyNote } from '../../ui/empty-note.js'
import { QueryStates } from '../../ui/query-states.js'
import { SelectField } from '../../ui/select-field.js'
import { TimeText } from '../../ui/time-text.js'
import { chainQuery } from './chain-query.js'

/** The points that this one stands on and that stand on it, disk by disk. */
export const BackupChainTable = ({ backup }: { backup: BackupDetails }) => {
  const [chosen, setChosen] = useState('')
  const disk = backup.disks.find((each) => each.disk_id === chosen) ?? backup.disks[0]
  if (backup.status !== 'completed' || disk === undefined)
    return <EmptyNote title="Not part of a chain">A backup joins its chain when it is completed.</EmptyNote>
  return (
    <div className="space-y-4">
      {backup.disks.length > 1 && (
        <div className="max-w-xs">
          <SelectField
            label="Disk"
            value={disk.disk_id}
            choices={backup.disks.map((each) => ({ value: each.disk_id, text: each.label }))}
            onChange={setChosen}
          />
        </div>
      )}
      <ChainOfDisk backup={backup} diskId={disk.disk_id} />
    </div>
  )
}

const ChainOfDisk = ({ backup, diskId }: { backup: BackupDetails; diskId: string }) => {
  const chain = useQuery(
    chainQuery({
      vm_context_id: backup.vm_context_id,
      disk_id: diskId,
      repository_id: backup.repository_id,
      backup_id: backup.id,
    }),
  )
  return (
    <QueryStates asked={chain} loading="Loading the chain">
      {(found) => <ChainContent chain={found} current={backup.id} />}
    </QueryStates>
  )
}

const ChainContent = ({ chain, current }: { chain: BackupChain; current: string }) => {
  const columns: readonly Column<BackupJob>[] = [
    {
      header: 'Point',
      cell: (point) =>
        point.id === current ? (
          <span className="text-white">{point.id} (this one)</span>
        ) : (
          <Link to={`/backups/${point.id}`} className="text-blue-400 hover:underline">
            {point.id}
          </Link>
        ),
    },
    { header: 'Type', cell: (point) => point.backup_type },
    { header: 'Status', cell: (point) => <BackupStatusTag status={point.status} /> },
    { header: 'Completed', cell: (point) => <TimeText iso={point.completed_at} /> },
    {
      header: 'Stored, all disks',
      cell: (point) => <BytesText bytes={point.bytes_stored} />,
      isNumeric: true,
    },
  ]
  return (
    <>
      <DataTable
        caption="Points of the chain, oldest first"
        columns={columns}
        rows={chain.backups}
        rowKey={(point) => point.id}
        selectedKey={current}
      />
      <p className="mt-2 text-sm text-gray-400">
        {formatCount(chain.backup_count, 'point')}, <BytesText bytes={chain.total_size_bytes} /> of this disk
      </p>
    </>
  )
}
