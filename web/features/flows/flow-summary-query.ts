import { getFlowSummary } from '../../../api/contract/protection-flows.js'
import { apiQuery } from '../../lib/query.js'

/** Numbers over all flows, and whether everything is paused. */
export const flowSummaryQuery = () => apiQuery(getFlowSummary)
