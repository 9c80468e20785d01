import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { Link } from 'react-router'
import type { FlowSummary } from '../../../api/contract/protection-flows.js'
import { formatBytes } from '../../lib/format.js'
import { QueryStates } from '../../ui/query-states.js'
import { TimeText } from '../../ui/time-text.js'
import { flowSummaryQuery } from './flow-summary-query.js'

/** Numbers over all flows. */
export const SummaryCards = () => {
  const summary = useQuery(flowSummaryQuery())
  return (
    <section aria-label="Summary" className="@container mb-6">
      <QueryStates asked={summary} loading="Loading the summary" skeletonLines={2}>
        {(numbers) => (
          <ul className="grid grid-cols-2 gap-3 @3xl:grid-cols-4">
            <Card name="Flows" more={`${count(numbers.enabled_flows)} enabled`}>
              {count(numbers.total_flows)}
            </Card>
            <Card name="Running now" more={<NextRun summary={numbers} />}>
              <Link to="/executions?status=running" className="hover:underline">
                {count(numbers.running_executions)}
              </Link>
            </Card>
            <Card
              name="Runs today (UTC)"
              more={`${count(numbers.successful_executions_today)} success, ${count(numbers.failed_executions_today)} error`}
            >
              {count(numbers.total_executions_today)}
            </Card>
            <Card name="Read today (UTC)" more={lastRunsOf(numbers)}>
              {formatBytes(numbers.bytes_transferred_today)}
            </Card>
          </ul>
        )}
      </QueryStates>
    </section>
  )
}

const count = (value: number): string => value.toLocaleString('en')

/** What needs a look: flows whose last run did not end well. */
const lastRunsOf = ({ by_last_status: by }: FlowSummary): string =>
  `last runs: ${count(by.success)} success, ${count(by.warning)} warning, ${count(by.error)} error`

const NextRun = ({ summary }: { summary: FlowSummary }) => (
  <>
    next: <TimeText iso={summary.next_execution_time} none="nothing is due" />
  </>
)

const Card = ({ name, more, children }: { name: string; more: ReactNode; children: ReactNode }) => (
  <li className="rounded-lg border border-gray-700 bg-gray-800 p-4">
    <p className="text-sm text-gray-300">{name}</p>
    <p className="mt-1 text-2xl font-semibold text-white tabular-nums">{children}</p>
    <p className="mt-1 text-xs text-gray-400">{more}</p>
  </li>
)
