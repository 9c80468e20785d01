import type { FlowFilter } from '../../../api/contract/protection-flows.js'
import { listFlows } from '../../../api/contract/protection-flows.js'
import { apiPages } from '../../lib/query.js'

/** Flows that match, a page at a time; events keep them true. */
export const flowsQuery = (filter: FlowFilter) => apiPages(listFlows, { limit: 50, ...filter })
