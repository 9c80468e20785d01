import { listSchedules } from '../../../api/contract/schedules.js'
import { apiPages } from '../../lib/query.js'

/** Asked again each minute: the next run moves on without an event. */
export const schedulesQuery = () => ({ ...apiPages(listSchedules, { limit: 50 }), refetchInterval: 60_000 })
