import { getGroup } from '../../../api/contract/machine-groups.js'
import { apiQuery } from '../../lib/query.js'

export const groupQuery = (id: string) => apiQuery(getGroup, { params: { id } })
