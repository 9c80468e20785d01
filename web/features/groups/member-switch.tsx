import type { GroupMember } from '../../../api/contract/machine-groups.js'
import { changeGroupMember } from '../../../api/contract/machine-groups.js'
import { failureText } from '../../lib/failure-text.js'
import { useMayCall } from '../../lib/role.js'
import { Switch } from '../../ui/switch.js'
import { useChangeMember } from './use-change-member.js'

/** A member that does not take part is left out, even where a rule matches it. */
export const MemberSwitch = ({ member }: { member: GroupMember }) => {
  const change = useChangeMember(member.group_id, member.vm_context_id)
  const mayChange = useMayCall(changeGroupMember)
  return (
    <>
      <Switch
        name={`${member.vm_name} takes part`}
        isOn={member.enabled}
        isDisabled={!mayChange || change.isPending}
        onChange={(enabled) => change.mutate({ enabled })}
      />
      {change.error ? (
        <p role="alert" className="mt-1 max-w-48 text-xs text-red-300">
          {failureText(change.error).sentence}
        </p>
      ) : null}
    </>
  )
}
