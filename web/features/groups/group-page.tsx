import { useQuery } from '@tanstack/react-query'
import { Button } from 'flowbite-react'
import { useState } from 'react'
import type { GroupView } from '../../../api/contract/machine-groups.js'
import { addGroupMembers, deleteGroup, updateGroup } from '../../../api/contract/machine-groups.js'
import { useMayCall } from '../../lib/role.js'
import { PageHeader } from '../../ui/page-header.js'
import { QueryStates } from '../../ui/query-states.js'
import { Section } from '../../ui/section.js'
import { AddMembersDialog } from './add-members-dialog.js'
import { DeleteGroupDialog } from './delete-group-dialog.js'
import { GroupDialog } from './group-dialog.js'
import { GroupFacts } from './group-facts.js'
import { GroupMembersTable } from './group-members-table.js'
import { groupPreviewQuery } from './group-preview-query.js'
import { GroupPreviewList } from './group-preview.js'
import { groupQuery } from './group-query.js'
import { usePlatformNames } from './use-platform-names.js'

/** One group: its members by hand and the VMs that a run would take now. */
export const GroupPage = ({ id, onDeleted }: { id: string; onDeleted: () => void }) => {
  const group = useQuery(groupQuery(id))
  return (
    <>
      {group.data === undefined && <PageHeader title="Protection group" />}
      <QueryStates asked={group} loading="Loading the group">
        {(found) => <GroupContent group={found} onDeleted={onDeleted} />}
      </QueryStates>
    </>
  )
}

const GroupContent = ({ group, onDeleted }: { group: GroupView; onDeleted: () => void }) => {
  const [open, setOpen] = useState<'add' | 'edit' | 'delete'>()
  const preview = useQuery(groupPreviewQuery(group.id))
  const mayAdd = useMayCall(addGroupMembers)
  const mayEdit = useMayCall(updateGroup)
  const mayDelete = useMayCall(deleteGroup)
  const platformName = usePlatformNames()
  const close = () => setOpen(undefined)
  return (
    <>
      <PageHeader title={group.name} hint="Protection group">
        <Button color="blue" disabled={!mayAdd} onClick={() => setOpen('add')}>
          Add VMs
        </Button>
        <Button color="alternative" disabled={!mayEdit} onClick={() => setOpen('edit')}>
          Edit
        </Button>
        <Button color="alternative" disabled={!mayDelete} onClick={() => setOpen('delete')}>
          Delete
        </Button>
      </PageHeader>
      <GroupFacts group={group} platformName={platformName} />
      <Section title="Members by hand">
        <GroupMembersTable groupId={group.id} />
      </Section>
      <Section title="Preview">
        <QueryStates asked={preview} loading="Looking which VMs a run would take" skeletonLines={3}>
          {(found) => <GroupPreviewList preview={found} />}
        </QueryStates>
      </Section>
      {open === 'add' && <AddMembersDialog group={group} onClose={close} />}
      {open === 'edit' && <GroupDialog group={group} onClose={close} onSaved={close} />}
      {open === 'delete' && <DeleteGroupDialog group={group} onClose={close} onDeleted={onDeleted} />}
    </>
  )
}
