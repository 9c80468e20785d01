import { listGroups } from '../../../api/contract/machine-groups.js'
import { apiPages } from '../../lib/query.js'

export const groupsQuery = () => apiPages(listGroups, { limit: 50 })
