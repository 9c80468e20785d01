import { Link } from 'react-router'
import type { ExecutionResponse } from '../../../api/contract/executions.js'
import { formatDuration, secondsBetween } from '../../lib/format.js'
import { useNow } from '../../lib/now.js'
import { isOpenRun, itemsInWords, percentOfItems, runBarTone } from '../../lib/runs.js'
import { BytesText } from '../../ui/bytes-text.js'
import type { Column } from '../../ui/data-table.js'
import { DataTable } from '../../ui/data-table.js'
import { ExecutionStatusTag } from '../../ui/execution-status-tag.js'
import { ProgressBar } from '../../ui/progress-bar.js'
import { TimeText } from '../../ui/time-text.js'

/** Runs, newest first; without `hasFlow` those of one flow. */
export const ExecutionTable = ({
  runs,
  hasFlow = true,
}: {
  runs: readonly ExecutionResponse[]
  hasFlow?: boolean
}) => {
  const now = useNow(runs.some((run) => isOpenRun(run.status)))
  const flowColumn: Column<ExecutionResponse> = {
    header: 'Flow',
    cell: (run) => (
      <Link
        to={`/flows/${run.flow_id}`}
        className="block min-w-24 [overflow-wrap:anywhere] text-white hover:underline"
      >
        {run.flow_name}
      </Link>
    ),
  }
  const columns: readonly Column<ExecutionResponse>[] = [
    { header: 'Run', cell: (run) => <RunCell run={run} /> },
    ...(hasFlow ? [flowColumn] : []),
    { header: 'Status', cell: (run) => <StatusCell run={run} /> },
    { header: 'VMs', cell: (run) => <VmsCell run={run} /> },
    {
      header: 'Read',
      cell: (run) => <BytesText bytes={run.bytes_transferred} />,
      isNumeric: true,
      isSecondary: true,
    },
    {
      header: 'Time',
      cell: (run) =>
        run.started_at === null ? '–' : formatDuration(secondsBetween(run.started_at, run.completed_at, now)),
      isNumeric: true,
    },
    { header: 'Started by', cell: (run) => <StartedBy run={run} />, isSecondary: true },
  ]
  return (
    <DataTable
      caption={hasFlow ? 'Executions, newest first' : 'Executions of this flow, newest first'}
      columns={columns}
      rows={runs}
      rowKey={(run) => run.id}
    />
  )
}

const RunCell = ({ run }: { run: ExecutionResponse }) => (
  <Link to={`/executions/${run.id}`} className="font-medium text-white hover:underline">
    <TimeText iso={run.started_at ?? run.created_at} />
    <span className="sr-only">, details of execution {run.id}</span>
    {run.retry_of !== null && <span className="block text-xs font-normal text-gray-300">retry</span>}
  </Link>
)

const StatusCell = ({ run }: { run: ExecutionResponse }) => {
  const why = run.status === 'paused' ? run.pause_reason : run.error_message
  return (
    <div className="space-y-1">
      <ExecutionStatusTag status={run.status} />
      {why !== null && (
        <p
          className={`line-clamp-2 max-w-xs min-w-32 text-xs ${run.status === 'paused' ? 'text-yellow-200' : 'text-red-300'}`}
          title={why}
        >
          {why}
        </p>
      )}
    </div>
  )
}

const VmsCell = ({ run }: { run: ExecutionResponse }) => (
  <div className="min-w-36 space-y-1">
    {isOpenRun(run.status) && (
      <ProgressBar
        label={`VMs of the run of ${run.flow_name}`}
        percent={percentOfItems(run)}
        tone={runBarTone(run.status)}
      />
    )}
    <p className="text-xs">{itemsInWords(run)}</p>
  </div>
)

const StartedBy = ({ run }: { run: ExecutionResponse }) => (
  <>
    <span className="block">{run.execution_type}</span>
    <span className="block text-xs [overflow-wrap:anywhere]">{run.triggered_by}</span>
  </>
)
