import { Button } from 'flowbite-react'
import type { VmContextView } from '../../../api/contract/vm-contexts.js'
import { CheckField } from '../../ui/check-field.js'

/** VMs to choose from; members are shown as such and cannot be chosen again. */
export const VmChoices = ({
  vms,
  memberIds,
  chosen,
  onChoose,
}: {
  vms: readonly VmContextView[]
  memberIds: ReadonlySet<string>
  chosen: readonly string[]
  onChoose: (chosen: readonly string[]) => void
}) => {
  const addable = vms.filter(({ id }) => !memberIds.has(id) && !chosen.includes(id))
  const isTwin = (vm: VmContextView): boolean =>
    vms.some((other) => other.id !== vm.id && other.vm_name === vm.vm_name)
  return (
    <div>
      <ul
        aria-label="Virtual machines"
        className="max-h-72 divide-y divide-gray-700 overflow-y-auto rounded-lg border border-gray-700"
      >
        {vms.map((vm) => (
          <li key={vm.id} className="px-3 py-2" title={vm.vm_path}>
            <CheckField
              isChecked={chosen.includes(vm.id)}
              isDisabled={memberIds.has(vm.id)}
              onChange={(isChecked) =>
                onChoose(isChecked ? [...chosen, vm.id] : chosen.filter((id) => id !== vm.id))
              }
            >
              <span className="[overflow-wrap:anywhere]">
                {vm.vm_name}
                {memberIds.has(vm.id) && <span className="text-gray-400"> (member already)</span>}
                {/* Two VMs may bear one name: their paths tell them apart. */}
                {isTwin(vm) && <span className="block text-xs text-gray-400">{vm.vm_path}</span>}
              </span>
            </CheckField>
          </li>
        ))}
      </ul>
      {addable.length > 1 && (
        <Button
          size="xs"
          color="alternative"
          className="mt-2"
          onClick={() => onChoose([...chosen, ...addable.map(({ id }) => id)])}
        >
          Choose all shown
        </Button>
      )}
    </div>
  )
}
