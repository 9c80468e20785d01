import { previewPolicy } from '../../../api/contract/policies.js'
import { apiQuery } from '../../lib/query.js'

/** Which chains of the policy's flows go next and which stay. */
export const policyPreviewQuery = (id: number) => apiQuery(previewPolicy, { params: { id } })
