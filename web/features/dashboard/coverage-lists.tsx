import { Link } from 'react-router'
import type { Coverage, ManyFlowsVm, StaleVm, UnprotectedVm } from '../../../api/contract/coverage.js'
import type { Column } from '../../ui/data-table.js'
import { TimeText } from '../../ui/time-text.js'
import { CoverageList } from './coverage-list.js'
import { FlowLinks } from './flow-links.js'
import { VmCell } from './vm-cell.js'

/** The VMs that are not protected as they should be, each with the way to what changes that. */
export const CoverageLists = ({ coverage }: { coverage: Coverage }) => (
  <>
    <CoverageList
      id="unprotected"
      title="Unprotected VMs"
      none={coverage.vms_total === 0 ? 'There is no VM yet.' : 'An enabled flow protects every VM.'}
      columns={unprotectedColumns}
      vms={coverage.unprotected}
      total={coverage.unprotected_total}
      rowKey={(vm) => vm.vm_context_id}
    />
    <CoverageList
      id="stale"
      title="Stale VMs"
      none="Every VM has the points that its flows promise."
      columns={staleColumns}
      vms={coverage.stale}
      total={coverage.stale_total}
      rowKey={(vm) => `${vm.vm_context_id}:${vm.flow.id}`}
    />
    <CoverageList
      id="in-several"
      title="VMs in several flows"
      none="No VM is in more than one flow."
      columns={severalColumns}
      vms={coverage.in_several_flows}
      total={coverage.in_several_flows_total}
      rowKey={(vm) => vm.vm_context_id}
    />
  </>
)

const unprotectedColumns: readonly Column<UnprotectedVm>[] = [
  { header: 'VM', cell: (vm) => <VmCell vm={vm} /> },
  { header: 'Last good point', cell: (vm) => <TimeText iso={vm.last_good_at} none="none" /> },
  {
    header: 'What to do',
    cell: (vm) =>
      vm.disabled_flows.length > 0 ? (
        <div className="flex flex-wrap gap-x-2">
          Enable <FlowLinks flows={vm.disabled_flows} />
        </div>
      ) : (
        <span>
          <Link to="/flows" className="text-blue-400 underline">
            Create a flow
          </Link>{' '}
          or add it to{' '}
          <Link to="/groups" className="text-blue-400 underline">
            a group
          </Link>
        </span>
      ),
  },
]

const staleColumns: readonly Column<StaleVm>[] = [
  { header: 'VM', cell: (vm) => <VmCell vm={vm} /> },
  { header: 'Last good point', cell: (vm) => <TimeText iso={vm.last_good_at} none="none" /> },
  { header: 'Promised for', cell: (vm) => <TimeText iso={vm.promised_at} /> },
  { header: 'By flow', cell: (vm) => <FlowLinks flows={[vm.flow]} /> },
]

const severalColumns: readonly Column<ManyFlowsVm>[] = [
  { header: 'VM', cell: (vm) => <VmCell vm={vm} /> },
  { header: 'Flows', cell: (vm) => <FlowLinks flows={vm.flows} /> },
]
