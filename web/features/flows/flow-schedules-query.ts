import { listSchedules } from '../../../api/contract/schedules.js'
import { apiQuery } from '../../lib/query.js'

/** When a flow can run. */
export const flowSchedulesQuery = () => apiQuery(listSchedules, { query: { limit: 200 } })
