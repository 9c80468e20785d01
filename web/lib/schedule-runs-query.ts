import type { QueryInput } from '../../api/contract/operation.js'
import { previewSavedSchedule } from '../../api/contract/schedules.js'
import { apiQuery } from './query.js'

/** The hours in which a flow may run; empty: at any time. */
export type RunsWindow = QueryInput<typeof previewSavedSchedule>

/** The next ten runs by a schedule, those within a window where one is given; asked again each minute, for they pass. */
export const scheduleRunsQuery = (id: string, window: RunsWindow = {}) => ({
  ...apiQuery(previewSavedSchedule, { params: { id }, query: window }),
  refetchInterval: 60_000,
})
