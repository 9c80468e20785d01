import { listPolicies } from '../../../api/contract/policies.js'
import { apiPages } from '../../lib/query.js'

export const policiesQuery = () => apiPages(listPolicies, { limit: 50 })
