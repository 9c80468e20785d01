import { Button } from 'flowbite-react'
import { Link } from 'react-router'
import type { GroupView } from '../../../api/contract/machine-groups.js'
import { deleteGroup, updateGroup } from '../../../api/contract/machine-groups.js'
import { useMayCall } from '../../lib/role.js'
import type { Column } from '../../ui/data-table.js'
import { DataTable } from '../../ui/data-table.js'
import { FlowCount } from '../../ui/flow-count.js'
import { rulesText } from './rules-text.js'

export const GroupTable = ({
  groups,
  platformName,
  onEdit,
  onDelete,
}: {
  groups: readonly GroupView[]
  platformName: (id: string) => string
  onEdit: (group: GroupView) => void
  onDelete: (group: GroupView) => void
}) => {
  const mayEdit = useMayCall(updateGroup)
  const mayDelete = useMayCall(deleteGroup)
  const columns: readonly Column<GroupView>[] = [
    {
      header: 'Name',
      cell: (group) => (
        <div className="min-w-28 [overflow-wrap:anywhere]">
          <Link to={`/groups/${group.id}`} className="font-medium text-white hover:underline">
            {group.name}
          </Link>
          {group.description && <p className="line-clamp-2 text-xs">{group.description}</p>}
        </div>
      ),
    },
    { header: 'Members', cell: (group) => group.members, isNumeric: true },
    {
      header: 'Rules',
      cell: (group) => (
        <span className={`[overflow-wrap:anywhere] ${group.rules === null ? 'text-gray-400' : ''}`}>
          {rulesText(group.rules, platformName)}
        </span>
      ),
    },
    { header: 'Priority', cell: (group) => group.priority, isNumeric: true },
    { header: 'At a time', cell: (group) => group.max_concurrent_vms, isNumeric: true },
    {
      header: 'Flows',
      cell: (group) => <FlowCount count={group.flows} to={`/flows?target=${group.id}`} />,
      isNumeric: true,
    },
    {
      header: 'Actions',
      cell: (group) => (
        <div className="flex gap-2">
          <Button
            size="xs"
            color="alternative"
            aria-label={`Edit ${group.name}`}
            disabled={!mayEdit}
            onClick={() => onEdit(group)}
          >
            Edit
          </Button>
          <Button
            size="xs"
            color="alternative"
            aria-label={`Delete ${group.name}`}
            disabled={!mayDelete}
            onClick={() => onDelete(group)}
          >
            Delete
          </Button>
        </div>
      ),
    },
  ]
  return (
    <DataTable caption="Protection groups" columns={columns} rows={groups} rowKey={(group) => group.id} />
  )
}
