import type { GroupPreviewRequest } from '../../../api/contract/machine-groups.js'
import { previewGroup } from '../../../api/contract/machine-groups.js'
import { apiPreview } from '../../lib/query.js'

/** The VMs of rules that are not saved yet; what was found before stays readable while somebody types. */
export const rulesPreviewQuery = (body: GroupPreviewRequest) => ({
  ...apiPreview(previewGroup, body),
  placeholderData: <T>(before: T) => before,
})
