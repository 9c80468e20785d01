import { useQuery } from '@tanstack/react-query'
import { Button } from 'flowbite-react'
import { Link } from 'react-router'
import { startBackup } from '../../../api/contract/backups.js'
import type { VmContextDetails, VmContextView } from '../../../api/contract/vm-contexts.js'
import { formatCount, formatMemory } from '../../lib/format.js'
import { isInsecure } from '../../lib/insecure.js'
import { useMayCall } from '../../lib/role.js'
import { BackupStatusTag } from '../../ui/backup-status-tag.js'
import { BytesText } from '../../ui/bytes-text.js'
import { Facts } from '../../ui/facts.js'
import { InsecureTag } from '../../ui/insecure-tag.js'
import { InsecureWarning } from '../../ui/insecure-warning.js'
import { QueryStates } from '../../ui/query-states.js'
import { TimeText } from '../../ui/time-text.js'
import { PowerTag } from './power-tag.js'
import { vmContextQuery } from './vm-context-query.js'

/** The right panel: the chosen VM as its record stands. */
export const VmContextPanel = ({ id, onBackUp }: { id: string; onBackUp: (vm: VmContextView) => void }) => {
  const vm = useQuery(vmContextQuery(id))
  return (
    <QueryStates asked={vm} loading="Loading the virtual machine">
      {(details) => <PanelContent vm={details} onBackUp={onBackUp} />}
    </QueryStates>
  )
}

const PanelContent = ({ vm, onBackUp }: { vm: VmContextDetails; onBackUp: (vm: VmContextView) => void }) => {
  const mayStart = useMayCall(startBackup)
  return (
    <>
      <h2 className="text-lg font-semibold break-words text-white">{vm.vm_name}</h2>
      <p className="mb-4 text-xs break-words text-gray-400">{vm.vm_path}</p>
      {isInsecure(vm) && (
        <div className="mb-4 flex flex-col items-start gap-2">
          <InsecureTag of={vm} />
          <InsecureWarning />
        </div>
      )}
      <Facts
        facts={[
          ['Power', <PowerTag key="power" state={vm.power_state} />],
          ['CPU', vm.cpu_count],
          ['Memory', formatMemory(vm.memory_mb)],
          ['Guest', vm.os_type],
          ['Platform host', vm.vcenter_host],
          ['Datacenter', vm.datacenter],
          ['Change tracking', changeTracking(vm)],
          ['Points', <PointsLink key="points" vm={vm} />],
          ['Discovered', <TimeText key="discovered" iso={vm.last_discovered_at} none="never" />],
        ]}
      />
      <div className="mt-4">
        {vm.running_backup_id === null ? (
          <Button size="sm" color="blue" disabled={!mayStart} onClick={() => onBackUp(vm)}>
            Back up this VM
          </Button>
        ) : (
          <Link to={`/backups/${vm.running_backup_id}`} className="text-sm text-blue-400 underline">
            A backup of this VM runs now
          </Link>
        )}
      </div>
      <h3 className="mt-6 mb-2 text-sm font-semibold text-gray-300">Disks</h3>
      <DiskLines vm={vm} />
      <h3 className="mt-6 mb-2 text-sm font-semibold text-gray-300">Latest backups</h3>
      <BackupLines vm={vm} />
    </>
  )
}

const PointsLink = ({ vm }: { vm: VmContextDetails }) =>
  vm.backup_count === 0 ? (
    'none yet'
  ) : (
    <Link to={`/vms/${vm.id}/points`} className="text-blue-400 underline">
      {formatCount(vm.backup_count, 'restore point')}
    </Link>
  )

const changeTracking = (vm: VmContextDetails): string => {
  if (vm.change_tracking_enabled) return 'on'
  // A backup turns it on after it looked at the VM: the record learns of it at the next look.
  return vm.backup_count > 0 ? 'was off when last discovered' : 'off; the first backup turns it on'
}

const DiskLines = ({ vm }: { vm: VmContextDetails }) => (
  <ul className="space-y-2 text-sm">
    {vm.disks.map((disk) => (
      <li key={disk.id} className="rounded-lg bg-gray-700/50 p-2.5">
        <p className="flex justify-between gap-2">
          <span className="text-gray-100">{disk.label}</span>
          <BytesText bytes={disk.capacity_bytes} />
        </p>
        <p className="text-xs [overflow-wrap:anywhere] text-gray-400">{disk.path}</p>
        {disk.left_out !== null && (
          <p className="text-xs text-yellow-300">Left out of backups: {disk.left_out}</p>
        )}
        {!disk.present && <p className="text-xs text-yellow-300">No longer there; its points stay</p>}
      </li>
    ))}
  </ul>
)

const BackupLines = ({ vm }: { vm: VmContextDetails }) =>
  vm.latest_backups.length === 0 ? (
    <p className="text-sm text-gray-400">None yet</p>
  ) : (
    <ul className="space-y-2 text-sm">
      {vm.latest_backups.map((backup) => (
        <li key={backup.id}>
          <Link
            to={`/backups/${backup.id}`}
            className="grid grid-cols-[6.5rem_minmax(0,1fr)] items-start gap-2 hover:underline"
          >
            <BackupStatusTag status={backup.status} />
            <span>
              <span className="block text-gray-300">{backup.backup_type}</span>
              <TimeText iso={backup.started_at ?? backup.created_at} />
            </span>
          </Link>
        </li>
      ))}
    </ul>
  )
