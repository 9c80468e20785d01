import { Button } from 'flowbite-react'
import { Link } from 'react-router'
import { startBackup } from '../../../api/contract/backups.js'
import type { VmContextView } from '../../../api/contract/vm-contexts.js'
import { formatCount, formatMemory } from '../../lib/format.js'
import { useMayCall } from '../../lib/role.js'
import { BackupStatusTag } from '../../ui/backup-status-tag.js'
import { BytesText } from '../../ui/bytes-text.js'
import type { Column } from '../../ui/data-table.js'
import { DataTable } from '../../ui/data-table.js'
import { InsecureTag } from '../../ui/insecure-tag.js'
import { TimeText } from '../../ui/time-text.js'
import { PowerTag } from './power-tag.js'

export const VmTable = ({
  vms,
  selectedId,
  onSelect,
  onBackUp,
}: {
  vms: readonly VmContextView[]
  selectedId: string | undefined
  onSelect: (id: string) => void
  onBackUp: (vm: VmContextView) => void
}) => {
  const mayStart = useMayCall(startBackup)
  const columns: readonly Column<VmContextView>[] = [
    {
      header: 'Name',
      cell: (vm) => <NameCell vm={vm} isSelected={vm.id === selectedId} onSelect={onSelect} />,
    },
    { header: 'Platform host', cell: (vm) => vm.vcenter_host, isSecondary: true },
    { header: 'CPU', cell: (vm) => vm.cpu_count, isNumeric: true, isSecondary: true },
    { header: 'Memory', cell: (vm) => formatMemory(vm.memory_mb), isNumeric: true, isSecondary: true },
    { header: 'Disks', cell: (vm) => <DisksCell vm={vm} /> },
    { header: 'Power', cell: (vm) => <PowerTag state={vm.power_state} /> },
    { header: 'Last backup', cell: (vm) => <LastBackupCell vm={vm} /> },
    {
      header: 'Actions',
      cell: (vm) =>
        vm.running_backup_id === null ? (
          <Button
            size="xs"
            color="blue"
            className="whitespace-nowrap"
            aria-label={`Back up ${vm.vm_name}`}
            disabled={!mayStart}
            title={mayStart ? undefined : 'Needs the operator role'}
            onClick={() => onBackUp(vm)}
          >
            Back up
          </Button>
        ) : (
          <Link to={`/backups/${vm.running_backup_id}`} className="text-blue-400 underline">
            Backup runs
          </Link>
        ),
    },
  ]
  return (
    <DataTable
      caption="Virtual machines under protection"
      columns={columns}
      rows={vms}
      rowKey={(vm) => vm.id}
      selectedKey={selectedId}
    />
  )
}

const NameCell = ({
  vm,
  isSelected,
  onSelect,
}: {
  vm: VmContextView
  isSelected: boolean
  onSelect: (id: string) => void
}) => (
  <div className="flex flex-wrap items-center gap-x-2 gap-y-1">
    <button
      type="button"
      aria-pressed={isSelected}
      title={vm.vm_path}
      className="min-w-24 text-left font-medium [overflow-wrap:anywhere] text-white underline-offset-2 hover:underline"
      onClick={() => onSelect(vm.id)}
    >
      {vm.vm_name}
    </button>
    <InsecureTag of={vm} />
  </div>
)

const DisksCell = ({ vm }: { vm: VmContextView }) => {
  const present = vm.disks.filter((disk) => disk.present)
  const bytes = present.reduce((sum, disk) => sum + disk.capacity_bytes, 0)
  return (
    <span className="whitespace-nowrap">
      {formatCount(present.length, 'disk')}, <BytesText bytes={bytes} />
    </span>
  )
}

const LastBackupCell = ({ vm: { latest_backup: latest } }: { vm: VmContextView }) =>
  latest === null ? (
    <span className="text-gray-400">never</span>
  ) : (
    <Link to={`/backups/${latest.id}`} className="flex flex-wrap items-center gap-2 hover:underline">
      <BackupStatusTag status={latest.status} />
      <TimeText iso={latest.completed_at ?? latest.started_at ?? latest.created_at} />
    </Link>
  )
