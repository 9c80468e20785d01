import { listScheduleExecutions } from '../../../api/contract/schedules.js'
import { apiPages } from '../../lib/query.js'

/** What became of each due time, newest first. */
export const scheduleExecutionsQuery = (id: string) => apiPages(listScheduleExecutions, { limit: 25 }, { id })
