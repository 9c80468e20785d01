import { useQuery } from '@tanstack/react-query'
import { Button } from 'flowbite-react'
import type { GroupMember } from '../../../api/contract/machine-groups.js'
import { removeGroupMember } from '../../../api/contract/machine-groups.js'
import { useMayCall } from '../../lib/role.js'
import type { Column } from '../../ui/data-table.js'
import { DataTable } from '../../ui/data-table.js'
import { EmptyNote } from '../../ui/empty-note.js'
import { FailureNote } from '../../ui/failure-note.js'
import { QueryStates } from '../../ui/query-states.js'
import { TimeText } from '../../ui/time-text.js'
import { groupMembersQuery } from './group-members-query.js'
import { MemberPriority } from './member-priority.js'
import { MemberSwitch } from './member-switch.js'
import { powerStateName } from './rules-text.js'
import { useRemoveMember } from './use-remove-member.js'

export const GroupMembersTable = ({ groupId }: { groupId: string }) => {
  const members = useQuery(groupMembersQuery(groupId))
  const remove = useRemoveMember(groupId)
  const mayRemove = useMayCall(removeGroupMember)
  const columns: readonly Column<GroupMember>[] = [
    {
      header: 'VM',
      cell: (member) => (
        <span className="font-medium [overflow-wrap:anywhere] text-white">{member.vm_name}</span>
      ),
    },
    { header: 'Power', cell: (member) => powerStateName(member.power_state), isSecondary: true },
    { header: 'Takes part', cell: (member) => <MemberSwitch key={member.vm_context_id} member={member} /> },
    { header: 'Priority', cell: (member) => <MemberPriority member={member} /> },
    { header: 'Added', cell: (member) => <TimeText iso={member.added_at} />, isSecondary: true },
    {
      header: 'Actions',
      cell: (member) => (
        <Button
          size="xs"
          color="alternative"
          aria-label={`Remove ${member.vm_name}`}
          disabled={!mayRemove || remove.isPending}
          onClick={() => remove.mutate(member.vm_context_id)}
        >
          Remove
        </Button>
      ),
    },
  ]
  return (
    <div className="space-y-4">
      {remove.error ? <FailureNote error={remove.error} /> : null}
      <QueryStates
        asked={members}
        loading="Loading members"
        isEmpty={(list) => list.members.length === 0}
        empty={<EmptyNote title="No member by hand">Add VMs, or let rules take them.</EmptyNote>}
      >
        {(list) => (
          <DataTable
            caption="Members by hand"
            columns={columns}
            rows={list.members}
            rowKey={(member) => member.vm_context_id}
          />
        )}
      </QueryStates>
    </div>
  )
}
