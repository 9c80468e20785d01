import { listGroupMembers } from '../../../api/contract/machine-groups.js'
import { apiQuery } from '../../lib/query.js'

/** Members by hand. */
export const groupMembersQuery = (id: string) => apiQuery(listGroupMembers, { params: { id } })
