import { Link } from 'react-router'
import type { FlowDetails, FlowMachine } from '../../../api/contract/protection-flows.js'
import { formatBytes, formatMemory } from '../../lib/format.js'
import type { Column } from '../../ui/data-table.js'
import { DataTable } from '../../ui/data-table.js'
import { EmptyNote } from '../../ui/empty-note.js'
import type { Tone } from '../../ui/status-tag.js'
import { StatusTag } from '../../ui/status-tag.js'
import { TimeText } from '../../ui/time-text.js'

const health: Readonly<Record<FlowMachine['health'], { tone: Tone; text: string }>> = {
  good: { tone: 'good', text: 'healthy' },
  failing: { tone: 'bad', text: 'failing' },
  running: { tone: 'running', text: 'running' },
  unknown: { tone: 'neutral', text: 'not known yet' },
}

/** The VMs that a run would take now. `onVm` shows one in the panel. */
export const FlowMachines = ({ flow, onVm }: { flow: FlowDetails; onVm: (vmContextId: string) => void }) => {
  if (flow.machines.length === 0)
    return (
      <EmptyNote title="No machine belongs to this flow now">
        {flow.target_type === 'group'
          ? 'Its group has no enabled member, and no rule of it matches a virtual machine.'
          : 'Its virtual machine is not under protection any more.'}
      </EmptyNote>
    )
  return (
    <>
      <DataTable
        caption="Machines in this flow"
        columns={columnsOf(onVm)}
        rows={flow.machines}
        rowKey={(machine) => machine.vm_context_id}
      />
      {flow.machines_total > flow.machines.length && (
        <p className="mt-2 text-sm text-gray-400">
          {flow.machines.length.toLocaleString('en')} of {flow.machines_total.toLocaleString('en')}; the
          others stand in the VMs of each run.
        </p>
      )}
    </>
  )
}

const sizeOf = (machine: FlowMachine): string =>
  `${machine.cpu_count} CPU | ${formatMemory(machine.memory_mb)} | ${formatBytes(machine.disk_bytes)}`

const columnsOf = (onVm: (vmContextId: string) => void): readonly Column<FlowMachine>[] => [
  {
    header: 'Machine',
    cell: (machine) => (
      <div className="min-w-24">
        <button
          type="button"
          title="Show it at the right"
          onClick={() => onVm(machine.vm_context_id)}
          className="text-left font-medium [overflow-wrap:anywhere] text-white hover:underline"
        >
          {machine.vm_name}
        </button>
        <span className="block text-xs">{machine.platform_name}</span>
        {/* The column of its own has no room then. */}
        <span className="block text-xs @4xl:hidden">{sizeOf(machine)}</span>
      </div>
    ),
  },
  {
    header: 'CPU | RAM | disk',
    cell: (machine) => <span className="whitespace-nowrap tabular-nums">{sizeOf(machine)}</span>,
    isSecondary: true,
  },
  {
    header: 'Health',
    cell: (machine) => (
      <StatusTag tone={health[machine.health].tone}>{health[machine.health].text}</StatusTag>
    ),
  },
  { header: 'Last backup', cell: (machine) => <TimeText iso={machine.last_backup_at} none="never" /> },
  {
    header: 'Success rate',
    cell: (machine) => (machine.success_rate === null ? '–' : `${Math.round(machine.success_rate)} %`),
    isNumeric: true,
  },
  {
    header: 'Points',
    cell: (machine) => (
      <Link to={`/vms/${machine.vm_context_id}/points`} className="text-blue-400 underline">
        Restore points<span className="sr-only"> of {machine.vm_name}</span>
      </Link>
    ),
  },
]
