import { getSchedule } from '../../../api/contract/schedules.js'
import { apiQuery } from '../../lib/query.js'

/** Asked again each minute: the next run moves on without an event. */
export const scheduleQuery = (id: string) => ({
  ...apiQuery(getSchedule, { params: { id } }),
  refetchInterval: 60_000,
})
