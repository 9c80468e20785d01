import { getVmContext } from '../../../api/contract/vm-contexts.js'
import { apiQuery } from '../../lib/query.js'

export const vmContextQuery = (id: string) => apiQuery(getVmContext, { params: { id } })
