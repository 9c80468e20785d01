import { Checkbox } from 'flowbite-react'
import type { DiscoveredVm } from '../../../domain/vm.js'
import { formatBytes, formatCount, formatMemory } from '../../lib/format.js'
import type { Column } from '../../ui/data-table.js'
import { DataTable } from '../../ui/data-table.js'
import { StatusTag } from '../../ui/status-tag.js'

export const DiscoveredTable = ({
  vms,
  chosen,
  onChange,
}: {
  vms: readonly DiscoveredVm[]
  chosen: readonly string[]
  onChange: (chosen: readonly string[]) => void
}) => {
  const columns: readonly Column<DiscoveredVm>[] = [
    {
      header: 'Choose',
      cell: (vm) => (
        <Checkbox
          aria-label={`Protect ${vm.name}`}
          checked={chosen.includes(vm.id)}
          onChange={(event) =>
            onChange(event.target.checked ? [...chosen, vm.id] : chosen.filter((id) => id !== vm.id))
          }
        />
      ),
    },
    {
      header: 'Name',
      cell: (vm) => (
        <>
          <span className="block font-medium text-white">{vm.name}</span>
          <span className="block text-xs [overflow-wrap:anywhere]">{vm.path}</span>
        </>
      ),
    },
    { header: 'CPU', cell: (vm) => vm.num_cpu, isNumeric: true },
    { header: 'Memory', cell: (vm) => formatMemory(vm.memory_mb), isNumeric: true },
    { header: 'Disks', cell: (vm) => <span className="whitespace-nowrap">{disksText(vm)}</span> },
    {
      header: 'Power',
      cell: (vm) => (
        <StatusTag tone={vm.power_state === 'poweredOn' ? 'good' : 'stopped'}>
          {vm.power_state === 'poweredOn' ? 'on' : vm.power_state === 'poweredOff' ? 'off' : 'suspended'}
        </StatusTag>
      ),
    },
    { header: 'Guest', cell: (vm) => vm.guest_os, isSecondary: true },
  ]
  return (
    <DataTable caption="Discovered virtual machines" columns={columns} rows={vms} rowKey={(vm) => vm.id} />
  )
}

const disksText = ({ disks }: DiscoveredVm): string =>
  `${formatCount(disks.length, 'disk')}, ${formatBytes(disks.reduce((sum, disk) => sum + disk.capacity_bytes, 0))}`
