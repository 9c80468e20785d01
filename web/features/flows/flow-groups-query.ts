import { listGroups } from '../../../api/contract/machine-groups.js'
import { apiQuery } from '../../lib/query.js'

/** Groups that a flow can protect. */
export const flowGroupsQuery = () => apiQuery(listGroups, { query: { limit: 200 } })
