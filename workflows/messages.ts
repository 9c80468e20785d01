import { defineSearchAttributeKey } from '@temporalio/common'

/** Updates that `backup-vm` takes; each has the name of the action in `domain/rules/backup-actions.ts`. */
export const updates = { pause: 'pause', resume: 'resume', audit: 'audit' } as const

/** Search attributes, all Keyword: the embedded server has room for ten. */
export const searchAttributes = {
  vmContextId: defineSearchAttributeKey('VmContextId', 'KEYWORD'),
  jobId: defineSearchAttributeKey('JobId', 'KEYWORD'),
  opKind: defineSearchAttributeKey('OpKind', 'KEYWORD'),
  opState: defineSearchAttributeKey('OpState', 'KEYWORD'),
} as const
