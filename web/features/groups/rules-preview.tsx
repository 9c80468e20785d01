import { useQuery } from '@tanstack/react-query'
import { Button } from 'flowbite-react'
import { useSettled } from '../../lib/settled.js'
import { QueryStates } from '../../ui/query-states.js'
import { GroupPreviewList } from './group-preview.js'
import type { RulesDraft } from './group-rules.js'
import { rulesOf } from './group-rules.js'
import { rulesPreviewQuery } from './rules-preview-query.js'

/** What the form's rules would take, a moment after each change; single VMs can be left out and taken back. */
export const RulesPreview = ({
  draft,
  groupId,
  onChange,
}: {
  draft: RulesDraft
  groupId: string | undefined
  onChange: (draft: RulesDraft) => void
}) => {
  const rules = useSettled(rulesOf(draft))
  const preview = useQuery({
    ...rulesPreviewQuery({ rules, group_id: groupId ?? null }),
    enabled: rules !== null || groupId !== undefined,
  })
  const exclude = (excludeVmIds: readonly string[]) => onChange({ ...draft, excludeVmIds })
  if (rules === null && groupId === undefined)
    return (
      <p className="text-sm text-gray-400">
        Fill in a rule to see the VMs that a run would take now. Members by hand are added on the group’s
        page.
      </p>
    )
  return (
    <QueryStates asked={preview} loading="Looking which VMs it takes" skeletonLines={3}>
      {(found) => (
        <GroupPreviewList
          preview={found}
          vmAction={(vm) =>
            vm.because !== 'member' && (
              <Button
                size="xs"
                color="alternative"
                className="shrink-0"
                aria-label={`Leave out ${vm.vm_name}`}
                onClick={() => exclude([...draft.excludeVmIds, vm.vm_context_id])}
              >
                Leave out
              </Button>
            )
          }
          leftOutAction={(vm) =>
            draft.excludeVmIds.includes(vm.vm_context_id) && (
              <Button
                size="xs"
                color="alternative"
                className="shrink-0"
                aria-label={`Take back ${vm.vm_name}`}
                onClick={() => exclude(draft.excludeVmIds.filter((id) => id !== vm.vm_context_id))}
              >
                Take back
              </Button>
            )
          }
        />
      )}
    </QueryStates>
  )
}
