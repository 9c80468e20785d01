import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { TargetType } from '../../../domain/flow.js'
import { formatCount } from '../../lib/format.js'
import { useSettled } from '../../lib/settled.js'
import type { SearchChoice } from '../../ui/search-select.js'
import { SearchSelect } from '../../ui/search-select.js'
import type { Choice } from '../../ui/select-field.js'
import { SelectField } from '../../ui/select-field.js'
import type { FlowFormPart } from './flow-form-part.js'
import { flowGroupsQuery } from './flow-groups-query.js'
import { flowVmsQuery } from './flow-vms-query.js'

const kinds: readonly Choice<TargetType>[] = [
  { value: 'vm', text: 'One virtual machine' },
  { value: 'group', text: 'A protection group' },
]

interface Chosen {
  readonly id: string
  readonly text: string
}

/** What is protected. `knownName`: of the target that a saved flow has. */
export const FlowTargetFields = ({ knownName, ...part }: FlowFormPart & { knownName: string | null }) => {
  const [chosen, setChosen] = useState<Chosen>()
  const { draft, errorOf, set, leave } = part
  const text =
    draft.target_id === ''
      ? ''
      : chosen?.id === draft.target_id
        ? chosen.text
        : (knownName ?? draft.target_id)
  const Target = draft.target_type === 'vm' ? VmSelect : GroupSelect
  return (
    <>
      <SelectField
        label="Protects"
        value={draft.target_type}
        choices={kinds}
        onChange={(target_type) => set({ target_type, target_id: '' })}
      />
      <Target
        chosenText={text}
        error={errorOf('target_id')}
        onChoose={(choice) => {
          setChosen({ id: choice.value, text: choice.text })
          set({ target_id: choice.value })
        }}
        onBlur={() => leave('target_id')}
      />
    </>
  )
}

interface TargetSelect {
  readonly chosenText: string
  readonly error: string | undefined
  readonly onChoose: (choice: SearchChoice) => void
  readonly onBlur: () => void
}

const VmSelect = (rest: TargetSelect) => {
  const [search, setSearch] = useState('')
  const asked = useQuery(flowVmsQuery(useSettled(search.trim(), 200)))
  return (
    <SearchSelect
      label="Virtual machine"
      {...rest}
      choices={(asked.data?.vm_contexts ?? []).map((vm) => ({
        value: vm.id,
        text: vm.vm_name,
        more: `${vm.vcenter_host}, ${vm.vm_path}`,
      }))}
      isLoading={asked.isFetching}
      none={
        asked.isError
          ? 'The virtual machines cannot be read now'
          : 'No virtual machine under protection matches'
      }
      onSearch={setSearch}
    />
  )
}

const GroupSelect = (rest: TargetSelect) => {
  const [search, setSearch] = useState('')
  const asked = useQuery(flowGroupsQuery())
  const wanted = search.trim().toLowerCase()
  const groups = (asked.data?.groups ?? []).filter(({ name }) => name.toLowerCase().includes(wanted))
  return (
    <SearchSelect
      label="Protection group"
      {...rest}
      choices={groups.map((group) => ({
        value: group.id,
        text: group.name,
        more: `${formatCount(group.members, 'member')}${group.rules === null ? '' : ' and rules'}, ${group.max_concurrent_vms} at once`,
      }))}
      isLoading={asked.isFetching}
      none={asked.isError ? 'The groups cannot be read now' : 'No group matches'}
      onSearch={setSearch}
    />
  )
}
