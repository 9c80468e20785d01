import { previewSavedSchedule } from '../../api/contract/schedules.js'
import { apiQuery } from './query.js'

/** The next ten runs of a schedule; asked again each minute, for they pass. */
export const scheduleRunsQuery = (id: string) => ({
  ...apiQuery(previewSavedSchedule, { params: { id } }),
  refetchInterval: 60_000,
})
