import { getFlowSummary } from '../../../api/contract/protection-flows.js'
import { apiQuery } from '../../lib/query.js'

/** Numbers over all flows. Events keep it true; each minute it is asked anyway, for the day ends without one. */
export const summaryQuery = () => ({ ...apiQuery(getFlowSummary), refetchInterval: 60_000 })
