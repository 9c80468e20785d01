import { useQuery } from '@tanstack/react-query'
import { scheduleRunsQuery } from '../../lib/schedule-runs-query.js'
import { NextRuns } from '../../ui/next-runs.js'
import { QueryStates } from '../../ui/query-states.js'

/** The next due times of the schedule that a flow has or shall have. */
export const FlowNextRuns = ({ scheduleId, timezone }: { scheduleId: string; timezone: string }) => {
  const runs = useQuery(scheduleRunsQuery(scheduleId))
  return (
    <QueryStates asked={runs} loading="Reckoning the next runs" skeletonLines={5}>
      {(preview) => <NextRuns preview={preview} timezone={timezone} />}
    </QueryStates>
  )
}
