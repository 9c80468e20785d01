import { TextInput } from 'flowbite-react'
import { useState } from 'react'
import type { GroupMember } from '../../../api/contract/machine-groups.js'
import { changeGroupMember } from '../../../api/contract/machine-groups.js'
import { failureText } from '../../lib/failure-text.js'
import { useMayCall } from '../../lib/role.js'
import { useChangeMember } from './use-change-member.js'

/** 0 to 100, saved when the field is left or Enter is pressed; what does not fit goes back to what it was. */
export const MemberPriority = ({ member }: { member: GroupMember }) => {
  const [draft, setDraft] = useState<string>()
  const change = useChangeMember(member.group_id, member.vm_context_id)
  const mayChange = useMayCall(changeGroupMember)
  const save = () => {
    const priority = Number(draft)
    setDraft(undefined)
    if (draft === undefined || draft.trim() === '' || priority === member.priority) return
    if (Number.isInteger(priority) && priority >= 0 && priority <= 100) change.mutate({ priority })
  }
  return (
    <>
      <TextInput
        sizing="sm"
        className="w-20"
        type="number"
        min={0}
        max={100}
        aria-label={`Priority of ${member.vm_name}`}
        value={draft ?? (change.isPending ? change.variables.priority : undefined) ?? member.priority}
        disabled={!mayChange || change.isPending}
        onChange={(event) => setDraft(event.target.value)}
        onBlur={save}
        onKeyDown={(event) => {
          if (event.key === 'Enter') save()
        }}
      />
      {change.error ? (
        <p role="alert" className="mt-1 max-w-48 text-xs text-red-300">
          {failureText(change.error).sentence}
        </p>
      ) : null}
    </>
  )
}
