import { getFlow } from '../../../api/contract/protection-flows.js'
import { apiQuery } from '../../lib/query.js'

/** One flow with its machines, what runs and what it would leave behind. */
export const flowQuery = (id: string) => apiQuery(getFlow, { params: { id } })
