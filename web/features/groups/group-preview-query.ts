import { previewSavedGroup } from '../../../api/contract/machine-groups.js'
import { apiQuery } from '../../lib/query.js'

/** The VMs that a run would take now. */
export const groupPreviewQuery = (id: string) => apiQuery(previewSavedGroup, { params: { id } })
