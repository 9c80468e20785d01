import { useInfiniteQuery } from '@tanstack/react-query'
import { Button } from 'flowbite-react'
import { useState } from 'react'
import { useNavigate } from 'react-router'
import type { GroupView } from '../../../api/contract/machine-groups.js'
import { createGroup } from '../../../api/contract/machine-groups.js'
import { useMayCall } from '../../lib/role.js'
import { EmptyNote } from '../../ui/empty-note.js'
import { ListEnd } from '../../ui/list-end.js'
import { PageHeader } from '../../ui/page-header.js'
import { QueryStates } from '../../ui/query-states.js'
import { DeleteGroupDialog } from './delete-group-dialog.js'
import { GroupDialog } from './group-dialog.js'
import { GroupTable } from './group-table.js'
import { groupsQuery } from './groups-query.js'
import { usePlatformNames } from './use-platform-names.js'

type Open = { kind: 'create' } | { kind: 'edit' | 'delete'; group: GroupView }

export const GroupsPage = () => {
  const list = useInfiniteQuery(groupsQuery())
  const [open, setOpen] = useState<Open>()
  const mayCreate = useMayCall(createGroup)
  const platformName = usePlatformNames()
  const navigate = useNavigate()
  const close = () => setOpen(undefined)
  return (
    <>
      <PageHeader
        title="Protection Groups"
        hint="VMs that are protected together: by hand, by rules, or both."
      >
        <Button color="blue" disabled={!mayCreate} onClick={() => setOpen({ kind: 'create' })}>
          Create group
        </Button>
      </PageHeader>
      <QueryStates
        asked={list}
        loading="Loading protection groups"
        isEmpty={({ pages }) => pages.every((page) => page.groups.length === 0)}
        empty={
          <EmptyNote title="No protection group yet">
            Create one to protect several VMs with one flow.
          </EmptyNote>
        }
      >
        {({ pages }) => (
          <>
            <GroupTable
              groups={pages.flatMap((page) => page.groups)}
              platformName={platformName}
              onEdit={(group) => setOpen({ kind: 'edit', group })}
              onDelete={(group) => setOpen({ kind: 'delete', group })}
            />
            <ListEnd list={list} shown={pages.reduce((sum, page) => sum + page.groups.length, 0)} />
          </>
        )}
      </QueryStates>
      {open?.kind === 'create' && (
        // A new group has no members yet: go where they are added.
        <GroupDialog onClose={close} onSaved={({ id }) => void navigate(`/groups/${id}`)} />
      )}
      {open?.kind === 'edit' && <GroupDialog group={open.group} onClose={close} onSaved={close} />}
      {open?.kind === 'delete' && <DeleteGroupDialog group={open.group} onClose={close} onDeleted={close} />}
    </>
  )
}
