import { listPolicies } from '../../../api/contract/policies.js'
import { apiQuery } from '../../lib/query.js'

/** How long a flow's backups can be kept. */
export const flowPoliciesQuery = () => apiQuery(listPolicies, { query: { limit: 200 } })
