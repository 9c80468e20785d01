import { useState } from 'react'
import type { TransferLimits } from '../../../domain/transfer-limits.js'
import type { LimitsDraft } from './limits-draft.js'
import { isSameDraft, limitsDraftOf } from './limits-draft.js'

/** What the form shows: the limits as they are, until somebody changes something. */
export const useLimitsDraft = (limits: TransferLimits) => {
  const [edited, setEdited] = useState<{ readonly from: LimitsDraft; readonly to: LimitsDraft }>()
  const stored = limitsDraftOf(limits)
  const draft = edited?.to ?? stored
  const from = edited?.from ?? stored
  return {
    draft,
    isChanged: edited !== undefined,
    /** Somebody else saved other limits since this draft was begun: saving it would undo theirs. */
    isOvertaken: !isSameDraft(from, stored),
    change: (to: LimitsDraft) => setEdited(isSameDraft(from, to) ? undefined : { from, to }),
    discard: () => setEdited(undefined),
  }
}
