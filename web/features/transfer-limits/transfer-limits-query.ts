import { getTransferLimits } from '../../../api/contract/transfer-limits.js'
import { apiQuery } from '../../lib/query.js'

export const transferLimitsQuery = () => apiQuery(getTransferLimits)
