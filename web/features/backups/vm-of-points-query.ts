import { getVmContext } from '../../../api/contract/vm-contexts.js'
import { apiQuery } from '../../lib/query.js'

/** The VM whose points are shown, with all disks it ever had. */
export const vmOfPointsQuery = (id: string) => apiQuery(getVmContext, { params: { id } })
