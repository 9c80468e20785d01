import type { BackupDetails } from '../../../api/contract/backups.js'
import type { BackupDisk } from '../../../domain/backup.js'
import { formatDuration } from '../../lib/format.js'
import { isActive } from '../../lib/progress.js'
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

const columnsOf = (isKept: boolean): readonly Column<BackupDisk>[] => [
  {
    header: 'Disk',
    cell: (disk) => (
      <>
        <span className="block min-w-32 font-medium text-white">{disk.label}</span>
        <span className="block text-xs [overflow-wrap:anywhere]">{disk.source_path}</span>
      </>
    ),
  },
  { header: 'Status', cell: (disk) => <DiskStatus disk={disk} isKept={isKept} /> },
  { header: 'Read', cell: (disk) => <Decision what={disk.read_mode} why={disk.read_reason} /> },
  { header: 'Stored as', cell: (disk) => <Decision what={disk.stored_as} why={disk.stored_reason} /> },
  {
    header: 'Capacity',
    cell: (disk) => <BytesText bytes={disk.capacity_bytes} />,
    isNumeric: true,
    isSecondary: true,
  },
  { header: 'Bytes read', cell: (disk) => <Counted disk={disk} bytes={disk.bytes_read} />, isNumeric: true },
  {
    header: 'Bytes stored',
    cell: (disk) => <Counted disk={disk} bytes={disk.bytes_stored} />,
    isNumeric: true,
  },
  {
    header: 'Time',
    cell: (disk) => (disk.duration_ms === null ? '–' : formatDuration(disk.duration_ms / 1000)),
    isNumeric: true,
    isSecondary: true,
  },
]

/** Of a run that failed or was cancelled nothing is kept, however far a disk came. */
const DiskStatus = ({ disk, isKept }: { disk: BackupDisk; isKept: boolean }) =>
  isKept ? (
    <StatusTag tone={tones[disk.status]}>{disk.status}</StatusTag>
  ) : (
    <StatusTag tone="stopped">not kept</StatusTag>
  )

/** A disk's own numbers are recorded when its copy ends; until then the progress above counts for all. */
const Counted = ({ disk, bytes }: { disk: BackupDisk; bytes: number }) =>
  bytes === 0 && (disk.status === 'pending' || disk.status === 'copying') ? '–' : <BytesText bytes={bytes} />

const Decision = ({ what, why }: { what: string; why: string }) => (
  <>
    <span className="block min-w-28 text-gray-100">{what}</span>
    <span className="block text-xs">{why}</span>
  </>
)

const NoDisks = ({ isMoving }: { isMoving: boolean }) =>
  isMoving ? (
    <EmptyNote title="The disks are not known yet">They are found when the VM is looked up.</EmptyNote>
  ) : (
    <EmptyNote title="No disk was reached">The backup ended before it came to the VM's disks.</EmptyNote>
  )

export const BackupDisksTable = ({ backup: { disks, status } }: { backup: BackupDetails }) =>
  disks.length === 0 ? (
    <NoDisks isMoving={isActive(status)} />
  ) : (
    <DataTable
      caption="Disks of this backup"
      columns={columnsOf(status !== 'failed' && status !== 'cancelled')}
      rows={disks}
      rowKey={(disk) => disk.disk_id}
    />
  )
