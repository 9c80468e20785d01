import { useQuery } from '@tanstack/react-query'
import { scheduleRunsQuery } from '../../lib/schedule-runs-query.js'
import type { RunsWindow } from '../../lib/schedule-runs-query.js'
import { NextRuns } from '../../ui/next-runs.js'
import { QueryStates } from '../../ui/query-states.js'

/** The next runs by the schedule and the window that a flow has or shall have. */
export const FlowNextRuns = ({
  scheduleId,
  timezone,
  window,
}: {
  scheduleId: string
  timezone: string
  window: RunsWindow
}) => {
  const runs = useQuery(scheduleRunsQuery(scheduleId, window))
  const never = window.window_start === undefined ? undefined : 'No due time falls into its allowed hours.'
  return (
    <QueryStates asked={runs} loading="Reckoning the next runs" skeletonLines={5}>
      {(preview) => <NextRuns preview={preview} timezone={timezone} never={never} />}
    </QueryStates>
  )
}
