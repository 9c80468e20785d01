import type { ExecutionItem } from '../../../domain/execution.js'
import { TimeText } from '../../ui/time-text.js'

/** Why a VM waits or ended so, what to do, and all that happened to it before. */
export const ItemReasons = ({ item }: { item: ExecutionItem }) => (
  <div className="max-w-md min-w-40 text-xs [overflow-wrap:anywhere]">
    <p className={item.status === 'failed' ? 'text-red-300' : ''}>{item.reason ?? '–'}</p>
    {item.error_remedy !== null && <p className="mt-1 text-yellow-200">What to do: {item.error_remedy}</p>}
    {item.not_before !== null && item.status === 'waiting' && (
      <p className="mt-1">
        Not before <TimeText iso={item.not_before} />
      </p>
    )}
    {item.reasons.length > 1 && (
      <details className="mt-1">
        <summary className="cursor-pointer text-gray-300">All {item.reasons.length} reasons</summary>
        <ol className="mt-1 space-y-1">
          {item.reasons.map((reason) => (
            <li key={`${reason.at}:${reason.attempt}:${reason.code}`}>
              <TimeText iso={reason.at} />
              {reason.attempt > 0 && `, attempt ${reason.attempt}`}: {reason.message}
            </li>
          ))}
        </ol>
      </details>
    )}
  </div>
)
