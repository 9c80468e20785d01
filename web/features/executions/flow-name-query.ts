import { getFlow } from '../../../api/contract/protection-flows.js'
import { apiQuery } from '../../lib/query.js'

/** The flow whose runs are shown. */
export const flowNameQuery = (id: string) => apiQuery(getFlow, { params: { id } })
