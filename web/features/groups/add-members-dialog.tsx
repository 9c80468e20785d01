import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { Button } from 'flowbite-react'
import { useState } from 'react'
import type { GroupView } from '../../../api/contract/machine-groups.js'
import { formatCount } from '../../lib/format.js'
import { useSettled } from '../../lib/settled.js'
import { DialogActions } from '../../ui/dialog-actions.js'
import { Dialog } from '../../ui/dialog.js'
import { EmptyNote } from '../../ui/empty-note.js'
import { FailureNote } from '../../ui/failure-note.js'
import { ListEnd } from '../../ui/list-end.js'
import { NumberField } from '../../ui/number-field.js'
import { QueryStates } from '../../ui/query-states.js'
import { TextField } from '../../ui/text-field.js'
import { groupMembersQuery } from './group-members-query.js'
import { useAddMembers } from './use-add-members.js'
import { VmChoices } from './vm-choices.js'
import { vmChoicesQuery } from './vm-choices-query.js'

// As many as one request takes.
const most = 500

/** Chooses VMs under protection, by search, and adds them by hand. What is chosen stays chosen over searches. */
export const AddMembersDialog = ({ group, onClose }: { group: GroupView; onClose: () => void }) => {
  const [search, setSearch] = useState('')
  const [chosen, setChosen] = useState<readonly string[]>([])
  const [priority, setPriority] = useState(50)
  const list = useInfiniteQuery(vmChoicesQuery(useSettled(search.trim(), 300)))
  const members = useQuery(groupMembersQuery(group.id))
  const add = useAddMembers(group.id)
  const memberIds = new Set(members.data?.members.map((member) => member.vm_context_id))
  return (
    <Dialog title={`Add VMs to ${group.name}`} onClose={onClose}>
      <form
        className="space-y-4"
        onSubmit={(event) => {
          event.preventDefault()
          add.mutate({ vm_context_ids: [...chosen], priority }, { onSuccess: onClose })
        }}
      >
        <TextField label="Search" hint="Part of the name or path" value={search} onChange={setSearch} />
        <QueryStates
          asked={list}
          loading="Loading virtual machines"
          isEmpty={({ pages }) => pages.every((page) => page.vm_contexts.length === 0)}
          empty={
            <EmptyNote
              title={search.trim() === '' ? 'No VM is under protection yet' : 'No VM has such a name or path'}
            />
          }
        >
          {({ pages }) => {
            const vms = pages.flatMap((page) => page.vm_contexts)
            return (
              <>
                <VmChoices vms={vms} memberIds={memberIds} chosen={chosen} onChoose={setChosen} />
                <ListEnd list={list} shown={vms.length} />
              </>
            )
          }}
        </QueryStates>
        <div className="flex items-center justify-between text-sm text-gray-300">
          <p role="status">{formatCount(chosen.length, 'VM')} chosen</p>
          {chosen.length > 0 && (
            <Button size="xs" color="alternative" onClick={() => setChosen([])}>
              Choose none
            </Button>
          )}
        </div>
        <NumberField
          label="Priority"
          hint="0 to 100; higher goes first within the group"
          min={0}
          max={100}
          value={priority}
          onChange={setPriority}
        />
        {chosen.length > most && (
          <p role="alert" className="text-sm text-yellow-200">
            At most {most} VMs can be added at a time.
          </p>
        )}
        {add.error ? <FailureNote error={add.error} /> : null}
        <DialogActions
          submit="Add to group"
          isPending={add.isPending}
          isDisabled={chosen.length === 0 || chosen.length > most}
          onCancel={onClose}
        />
      </form>
    </Dialog>
  )
}
