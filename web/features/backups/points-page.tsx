import { useQuery } from '@tanstack/react-query'
import { useEffect } from 'react'
import { useSearchParams } from 'react-router'
import type { VmContextDetails } from '../../../api/contract/vm-contexts.js'
import { ApiProblem } from '../../lib/api-problem.js'
import { PageHeader } from '../../ui/page-header.js'
import { WayBack } from '../../ui/way-back.js'
import { QueryStates } from '../../ui/query-states.js'
import { SelectField } from '../../ui/select-field.js'
import { ChainOfDisk } from './chain-of-disk.js'
import { chainQuery } from './chain-query.js'
import { repositoryChoicesQuery } from './repository-choices-query.js'
import { vmOfPointsQuery } from './vm-of-points-query.js'

/** All restore points of a VM, by repository, disk and chain; what is chosen stands in the address. */
export const PointsPage = ({ vmId, onVm }: { vmId: string; onVm: (vmContextId: string) => void }) => {
  const vm = useQuery(vmOfPointsQuery(vmId))
  useEffect(() => onVm(vmId), [vmId, onVm])
  return (
    <>
      <WayBack to="/vms">Virtual Machines</WayBack>
      <PageHeader
        title={vm.data === undefined ? 'Restore points' : `Restore points of ${vm.data.vm_name}`}
        hint="Each point stands on the one below it, newest first."
      />
      <QueryStates asked={vm} loading="Loading the virtual machine">
        {(details) => <Points vm={details} />}
      </QueryStates>
    </>
  )
}

const Points = ({ vm }: { vm: VmContextDetails }) => {
  const [search, setSearch] = useSearchParams()
  const disk = vm.disks.find(({ id }) => id === search.get('disk')) ?? vm.disks[0]
  const asked = {
    vm_context_id: vm.id,
    disk_id: disk?.id,
    repository_id: search.get('repository') ?? undefined,
    backup_id: search.get('point') ?? undefined,
  }
  const chain = useQuery({ ...chainQuery(asked), enabled: disk !== undefined })
  const repositories = useQuery(repositoryChoicesQuery())
  const isNone = chain.error instanceof ApiProblem && chain.error.status === 404
  const shown = asked.repository_id ?? chain.data?.repository_id ?? ''
  const choose = (name: 'disk' | 'repository' | 'point', value: string) => {
    const next = new URLSearchParams(search)
    next.set(name, value)
    // A chain is one disk's in one repository.
    if (name !== 'point') next.delete('point')
    setSearch(next)
  }
  if (disk === undefined)
    return <p className="text-sm text-gray-300">{vm.vm_name} has no disks that could be backed up.</p>
  return (
    <div className="space-y-4">
      <div className="flex flex-wrap gap-4">
        <SelectField
          label="Repository"
          value={shown}
          choices={[
            ...(shown === ''
              ? [{ value: '', text: isNone ? 'None has a point of this disk' : 'Not known yet' }]
              : []),
            ...(repositories.data?.repositories ?? []).map(({ id, name }) => ({
              value: String(id),
              text: name,
            })),
          ]}
          onChange={(value) => choose('repository', value)}
        />
        <SelectField
          label="Disk"
          value={disk.id}
          choices={vm.disks.map(({ id, label, present }) => ({
            value: id,
            text: present ? label : `${label} (no longer there)`,
          }))}
          onChange={(value) => choose('disk', value)}
        />
      </div>
      <ChainOfDisk
        asked={asked}
        onChain={(point) => choose('point', point)}
        // The chosen point may be among those that went.
        onDeleted={() => choose('repository', shown)}
      />
    </div>
  )
}
