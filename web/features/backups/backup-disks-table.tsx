import type { BackupDisk } from '../../../domain/backup.js'
import { formatDuration } from '../../lib/format.js'
import { BytesText } from '../../ui/bytes-text.js'
import type { Column } from '../../ui/data-table.js'
import { DataTable } from '../../ui/data-table.js'
import { EmptyNote } from '../../ui/empty-note.js'
import type { Tone } from '../../ui/status-tag.js'
import { StatusTag } from '../../ui/status-tag.js'

const tones: Readonly<Record<BackupDisk['status'], Tone>> = {
  pending: 'waiting',
  copying: 'running',
  copied: 'running',
  committed: 'good',
}

const columns: readonly Column<BackupDisk>[] = [
  {
    header: 'Disk',
    cell: (disk) => (
      <>
        <span className="block font-medium text-white">{disk.label}</span>
        <span className="block text-xs break-all">{disk.source_path}</span>
      </>
    ),
  },
  { header: 'Status', cell: (disk) => <StatusTag tone={tones[disk.status]}>{disk.status}</StatusTag> },
  { header: 'Read', cell: (disk) => <Decision what={disk.read_mode} why={disk.read_reason} /> },
  { header: 'Stored as', cell: (disk) => <Decision what={disk.stored_as} why={disk.stored_reason} /> },
  { header: 'Capacity', cell: (disk) => <BytesText bytes={disk.capacity_bytes} />, isNumeric: true },
  { header: 'Bytes read', cell: (disk) => <BytesText bytes={disk.bytes_read} />, isNumeric: true },
  { header: 'Bytes stored', cell: (disk) => <BytesText bytes={disk.bytes_stored} />, isNumeric: true },
  {
    header: 'Time',
    cell: (disk) => (disk.duration_ms === null ? '–' : formatDuration(disk.duration_ms / 1000)),
    isNumeric: true,
  },
]

const Decision = ({ what, why }: { what: string; why: string }) => (
  <>
    <span className="block text-gray-100">{what}</span>
    <span className="block text-xs">{why}</span>
  </>
)

export const BackupDisksTable = ({ disks }: { disks: readonly BackupDisk[] }) =>
  disks.length === 0 ? (
    <EmptyNote title="The disks are not known yet">They are found when the VM is looked up.</EmptyNote>
  ) : (
    <DataTable
      caption="Disks of this backup"
      columns={columns}
      rows={disks}
      rowKey={(disk) => disk.disk_id}
    />
  )
