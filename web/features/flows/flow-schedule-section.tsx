import { useQuery } from '@tanstack/react-query'
import type { FlowDetails } from '../../../api/contract/protection-flows.js'
import { EmptyNote } from '../../ui/empty-note.js'
import { Notice } from '../../ui/notice.js'
import { QueryStates } from '../../ui/query-states.js'
import { TimeText } from '../../ui/time-text.js'
import { FlowNextRuns } from './flow-next-runs.js'
import { flowStatusQuery } from './flow-status-query.js'
import { noNextRun, windowToShow } from './flow-words.js'

/** When it runs: its schedule, and what keeps it from following it. */
export const FlowScheduleSection = ({ flow }: { flow: FlowDetails }) => {
  const status = useQuery(flowStatusQuery(flow.id))
  if (flow.schedule_id === null)
    return <EmptyNote title="No schedule">It runs only when somebody asks.</EmptyNote>
  return (
    <div className="space-y-3">
      <p className="text-sm text-gray-200">
        <span className="font-medium text-white">{flow.schedule_name}</span>{' '}
        <code className="text-gray-300">{flow.schedule_cron}</code> in {flow.schedule_timezone}
      </p>
      <QueryStates asked={status} loading="Asking how it stands" skeletonLines={1}>
        {({ held_by: heldBy, next_execution_time: next }) => (
          <>
            {heldBy !== null && <Notice tone="warning">{heldBy}</Notice>}
            <p className="text-sm text-gray-200">
              {/* What holds it may still hold it then. */}
              {heldBy === null ? 'Next run' : 'Due next'}:{' '}
              {noNextRun(flow) ?? <TimeText iso={next} none="none is due" hasZone />}
            </p>
          </>
        )}
      </QueryStates>
      {flow.sync_error !== null && (
        <Notice tone="warning">Temporal does not follow this flow yet: {flow.sync_error}</Notice>
      )}
      <div className="rounded-lg border border-gray-700 bg-gray-800 p-4">
        <FlowNextRuns
          scheduleId={flow.schedule_id}
          timezone={flow.schedule_timezone ?? 'UTC'}
          window={windowToShow(flow)}
        />
      </div>
    </div>
  )
}
