import type { ReactNode } from 'react'
import type { GroupPreview } from '../../../api/contract/machine-groups.js'
import { formatCount } from '../../lib/format.js'

/** The VMs that a run would take now, in its order, and those that it would leave out, each with why. */
export const GroupPreviewList = ({
  preview,
  vmAction,
  leftOutAction,
}: {
  preview: GroupPreview
  vmAction?: (vm: GroupPreview['vms'][number]) => ReactNode
  leftOutAction?: (vm: GroupPreview['left_out'][number]) => ReactNode
}) => (
  <div className="space-y-4 text-sm">
    <div>
      <p role="status" className="mb-2 font-medium text-gray-100">
        {preview.total === 0
          ? 'A run would take no VM now.'
          : `A run would take ${preview.total === 1 ? 'this VM' : `these ${formatCount(preview.total, 'VM')}`} now:`}
      </p>
      <ol className="max-h-72 divide-y divide-gray-700 overflow-y-auto rounded-lg border border-gray-700 empty:hidden">
        {preview.vms.map((vm) => (
          <Row key={vm.vm_context_id} name={vm.vm_name} title={vm.vm_path} why={vm.because}>
            {vmAction?.(vm)}
          </Row>
        ))}
      </ol>
      {preview.total > preview.vms.length && (
        <p className="mt-1 text-xs text-gray-400">
          and {formatCount(preview.total - preview.vms.length, 'more', 'more')}
        </p>
      )}
    </div>
    {preview.left_out.length > 0 && (
      <div>
        <p className="mb-2 font-medium text-gray-100">Left out:</p>
        <ul className="max-h-48 divide-y divide-gray-700 overflow-y-auto rounded-lg border border-gray-700">
          {preview.left_out.map((vm) => (
            <Row key={vm.vm_context_id} name={vm.vm_name} why={vm.because}>
              {leftOutAction?.(vm)}
            </Row>
          ))}
        </ul>
      </div>
    )}
  </div>
)

const Row = ({
  name,
  title,
  why,
  children,
}: {
  name: string
  title?: string
  why: string
  children: ReactNode
}) => (
  <li className="flex items-center justify-between gap-3 px-3 py-2">
    <span className="min-w-0 [overflow-wrap:anywhere]" title={title}>
      <span className="font-medium text-white">{name}</span>
      <span className="block text-xs text-gray-400">{why}</span>
    </span>
    {children}
  </li>
)
