import type { ExecutionDetails } from '../../../api/contract/executions.js'
import type { ExecutionItem } from '../../../domain/execution.js'
import { TimeText } from '../../ui/time-text.js'
import { ItemStatusTag } from './item-status-tag.js'

const shownAtMost = 10

/** VMs of a run whose turn has not come, and what they wait for: first those that say it. */
export const WaitingItems = ({ run }: { run: ExecutionDetails }) => {
  const waiting = run.items.filter(({ status }) => status === 'waiting')
  const queued = run.items.filter(({ status }) => status === 'pending')
  const items = [...waiting, ...queued]
  if (items.length === 0) return null
  return (
    <div>
      <h3 className="mb-2 text-sm font-semibold text-gray-200">
        Waiting: {waiting.length.toLocaleString('en')}, queued: {queued.length.toLocaleString('en')}
        {run.vms_total > run.items.length && ` among the first ${run.items.length.toLocaleString('en')} VMs`}
      </h3>
      <ul aria-label="VMs that wait" className="divide-y divide-gray-700 rounded-lg border border-gray-700">
        {items.slice(0, shownAtMost).map((item) => (
          <WaitingItem key={item.position} item={item} />
        ))}
      </ul>
      {items.length > shownAtMost && (
        <p className="mt-1 text-xs text-gray-400">
          and {(items.length - shownAtMost).toLocaleString('en')} more
        </p>
      )}
    </div>
  )
}

const WaitingItem = ({ item }: { item: ExecutionItem }) => (
  <li className="flex flex-wrap items-center gap-x-3 gap-y-1 bg-gray-800 px-4 py-2 text-sm">
    <span className="min-w-24 font-medium [overflow-wrap:anywhere] text-white">{item.vm_name}</span>
    <ItemStatusTag status={item.status} />
    <span className="min-w-0 flex-1 basis-48 [overflow-wrap:anywhere] text-gray-300">
      {item.reason ?? (item.status === 'pending' ? 'waits for its turn' : '')}
      {item.not_before !== null && (
        <>
          {' '}
          (not before <TimeText iso={item.not_before} />)
        </>
      )}
    </span>
  </li>
)
