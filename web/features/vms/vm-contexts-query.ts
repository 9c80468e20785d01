import { listVmContexts } from '../../../api/contract/vm-contexts.js'
import { apiPages } from '../../lib/query.js'

export const vmContextsQuery = () => apiPages(listVmContexts, { limit: 50 })
