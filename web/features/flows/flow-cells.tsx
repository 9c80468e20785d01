import { Link } from 'react-router'
import type { FlowResponse } from '../../../api/contract/protection-flows.js'
import { ExecutionStatusTag } from '../../ui/execution-status-tag.js'
import { StatusTag } from '../../ui/status-tag.js'
import { TimeText } from '../../ui/time-text.js'
import { countersInWords, noNextRun } from './flow-words.js'

/** A flow's name, and what it protects. */
export const FlowNameCell = ({ flow }: { flow: FlowResponse }) => (
  <div className="min-w-28">
    <Link
      to={`/flows/${flow.id}`}
      title={flow.description ?? undefined}
      className="font-medium [overflow-wrap:anywhere] text-white hover:underline"
    >
      {flow.name}
    </Link>
    <span className="block text-xs [overflow-wrap:anywhere]">
      {flow.flow_type} of {flow.target_type === 'vm' ? 'VM' : 'group'}{' '}
      {flow.target_name ?? <span className="text-red-300">that is gone</span>}
    </span>
    {/* The column of its own has no room then. */}
    <span className="block text-xs [overflow-wrap:anywhere] @4xl:hidden">
      to {flow.repository_name ?? '–'}, {flow.policy_name ?? 'no policy'}
    </span>
  </div>
)

/** Where its backups go, and for how long they are kept. */
export const PlaceCell = ({ flow }: { flow: FlowResponse }) => (
  <div className="min-w-24 [overflow-wrap:anywhere]">
    {flow.repository_name ?? '–'}
    <span className="block text-xs">{flow.policy_name ?? 'no policy: all are kept'}</span>
  </div>
)

export const ScheduleCell = ({ flow }: { flow: FlowResponse }) =>
  flow.schedule_id === null ? (
    <span className="text-gray-400">none</span>
  ) : (
    <div className="min-w-24 [overflow-wrap:anywhere]">
      {flow.schedule_name}
      <span className="block text-xs">
        <code>{flow.schedule_cron}</code> {flow.schedule_timezone}
      </span>
    </div>
  )

/** How its latest run stands, and how all went. */
export const LastRunCell = ({ flow: { status } }: { flow: FlowResponse }) => (
  <div className="space-y-1 text-xs">
    <ExecutionStatusTag status={status.last_execution_status} isFlow />
    {status.last_execution_time !== null && (
      <span className="block">
        <TimeText iso={status.last_execution_time} />
      </span>
    )}
    {status.total_executions > 0 && <span className="block">{countersInWords(status)}</span>}
  </div>
)

export const NextRunCell = ({ flow }: { flow: FlowResponse }) => (
  <div className="space-y-1 text-xs">
    {noNextRun(flow) === null ? (
      <TimeText iso={flow.status.next_execution_time} />
    ) : (
      <span className="text-gray-400">{noNextRun(flow)}</span>
    )}
    {flow.sync_error !== null && (
      <span className="block" title={flow.sync_error}>
        <StatusTag tone="warning">
          not in step<span className="sr-only">: {flow.sync_error}</span>
        </StatusTag>
      </span>
    )}
  </div>
)
