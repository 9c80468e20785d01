import { getFlowStatus } from '../../../api/contract/protection-flows.js'
import { apiQuery } from '../../lib/query.js'

/** When a flow runs next, and what keeps it from it. */
export const flowStatusQuery = (id: string) => apiQuery(getFlowStatus, { params: { id } })
