import type { ReactNode } from 'react'
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
  copied: 'good',
  committed: 'good',
}

interface Shown {
  readonly isKept: boolean
  readonly isPaused: boolean
  readonly isAudited: boolean
}

const columnsOf = ({ isKept, isPaused, isAudited }: Shown): readonly Column<BackupDisk>[] => [
  {
    header: 'Disk',
    cell: (disk) => (
      <>
        <span className="block min-w-32 font-medium text-white">{disk.label}</span>
        <span className="block text-xs [overflow-wrap:anywhere]">{disk.source_path}</span>
      </>
    ),
  },
  { header: 'Status', cell: (disk) => <DiskStatus disk={disk} isKept={isKept} isPaused={isPaused} /> },
  {
    header: 'Read',
    cell: (disk) => (
      <Decision what={disk.read_mode} why={disk.read_reason}>
        <Counted disk={disk} bytes={disk.bytes_read} />
      </Decision>
    ),
  },
  {
    header: 'Stored as',
    cell: (disk) => (
      <Decision what={disk.stored_as} why={disk.stored_reason}>
        <Counted disk={disk} bytes={disk.bytes_stored} />
      </Decision>
    ),
  },
  {
    header: 'Capacity',
    cell: (disk) => <BytesText bytes={disk.capacity_bytes} />,
    isNumeric: true,
    isSecondary: true,
  },
  ...(isAudited ? [{ header: 'Audit', cell: (disk: BackupDisk) => <AuditCell disk={disk} /> }] : []),
  {
    header: 'Time',
    cell: (disk) => (disk.duration_ms === null ? '–' : formatDuration(disk.duration_ms / 1000)),
    isNumeric: true,
    isSecondary: true,
  },
]

/** Of a run that failed or is cancelled nothing is kept, however far a disk came. */
const DiskStatus = ({ disk, isKept, isPaused }: { disk: BackupDisk; isKept: boolean; isPaused: boolean }) => {
  if (!isKept) return <StatusTag tone="stopped">not kept</StatusTag>
  if (isPaused && disk.status === 'copying') return <StatusTag tone="paused">copied in part</StatusTag>
  return <StatusTag tone={tones[disk.status]}>{disk.status}</StatusTag>
}

const AuditCell = ({ disk }: { disk: BackupDisk }) => (
  <div className="min-w-36 space-y-1">
    {disk.audit_result !== null && (
      <StatusTag tone={disk.audit_result === 'agrees' ? 'good' : 'warning'}>{disk.audit_result}</StatusTag>
    )}
    <p className="text-xs [overflow-wrap:anywhere]">{disk.audit_detail ?? '–'}</p>
  </div>
)

/** A disk's own numbers are recorded when its copy ends; until then the progress above counts for all. */
const Counted = ({ disk, bytes }: { disk: BackupDisk; bytes: number }) =>
  bytes === 0 && (disk.status === 'pending' || disk.status === 'copying') ? null : (
    <>
      , <BytesText bytes={bytes} />
    </>
  )

const Decision = ({ what, why, children }: { what: string; why: string; children: ReactNode }) => (
  <>
    <span className="block min-w-28 text-gray-100">
      {what}
      {children}
    </span>
    <span className="block text-xs [overflow-wrap:anywhere]">{why}</span>
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
      columns={columnsOf({
        isKept: status !== 'failed' && status !== 'cancelling' && status !== 'cancelled',
        isPaused: status === 'paused',
        isAudited: disks.some((disk) => disk.audit_detail !== null || disk.audit_result !== null),
      })}
      rows={disks}
      rowKey={(disk) => disk.disk_id}
    />
  )
