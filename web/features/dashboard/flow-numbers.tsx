import {
  ArrowPathIcon,
  ArrowsRightLeftIcon,
  CalendarDaysIcon,
  CheckCircleIcon,
} from '@heroicons/react/24/outline'
import { Link } from 'react-router'
import type { FlowSummary } from '../../../api/contract/protection-flows.js'
import { formatBytes, formatCount } from '../../lib/format.js'
import { ExecutionStatusTag } from '../../ui/execution-status-tag.js'
import { TimeText } from '../../ui/time-text.js'
import { lastStatuses, todayText } from './flow-words.js'
import { NumberCard, NumberCards } from './number-card.js'

/** What flows did today, when the next one runs, and how each ended last. */
export const FlowNumbers = ({ summary }: { summary: FlowSummary }) => (
  <>
    <NumberCards name="Flows">
      <NumberCard
        name="Flows"
        to="/flows"
        icon={ArrowsRightLeftIcon}
        value={summary.total_flows.toLocaleString('en')}
        more={`${summary.enabled_flows.toLocaleString('en')} enabled`}
      />
      <NumberCard
        name="Executions today (UTC)"
        to="/executions"
        icon={CheckCircleIcon}
        value={summary.total_executions_today.toLocaleString('en')}
        more={todayText(summary)}
        tone={summary.failed_executions_today > 0 ? 'bad' : 'plain'}
      />
      <NumberCard
        name="Running now"
        to="/executions?status=running"
        icon={ArrowPathIcon}
        value={summary.running_executions.toLocaleString('en')}
        more={`${formatBytes(summary.bytes_transferred_today)} read today (UTC)`}
      />
      <NumberCard
        name="Next run"
        to="/flows"
        icon={CalendarDaysIcon}
        value={
          <span className="text-base">
            <TimeText iso={summary.next_execution_time} none="none" />
          </span>
        }
        more={summary.next_execution_time === null ? 'no enabled flow has a schedule' : 'by schedule'}
      />
    </NumberCards>
    {summary.total_flows > 0 && (
      <div className="mt-4 flex flex-wrap items-center gap-x-4 gap-y-2 text-sm">
        <h2 id="by-last-status" className="text-gray-300">
          Flows by how they ended last
        </h2>
        <ul aria-labelledby="by-last-status" className="flex flex-wrap gap-3">
          {lastStatuses(summary).map(({ status, count }) => (
            <li key={status}>
              <Link to={`/flows?status=${status}`} className="flex items-center gap-1.5 hover:underline">
                <span className="font-semibold text-white tabular-nums">{count.toLocaleString('en')}</span>
                <ExecutionStatusTag status={status} isFlow />
                <span className="sr-only">: {formatCount(count, 'flow')}</span>
              </Link>
            </li>
          ))}
        </ul>
      </div>
    )}
  </>
)
