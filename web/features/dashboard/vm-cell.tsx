import { Link } from 'react-router'

/** A VM with the way to its points, and where it lives. */
export const VmCell = ({
  vm,
}: {
  vm: { readonly vm_context_id: string; readonly vm_name: string; readonly platform_name: string }
}) => (
  <div className="min-w-24">
    <Link
      to={`/vms/${vm.vm_context_id}/points`}
      className="font-medium [overflow-wrap:anywhere] text-white hover:underline"
    >
      {vm.vm_name}
    </Link>
    <span className="block text-xs text-gray-400">{vm.platform_name}</span>
  </div>
)
