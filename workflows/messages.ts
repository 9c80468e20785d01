import { defineSearchAttributeKey } from '@temporalio/common'

/** Search attributes, all Keyword: the embedded server has room for ten. */
export const searchAttributes = {
  vmContextId: defineSearchAttributeKey('VmContextId', 'KEYWORD'),
  jobId: defineSearchAttributeKey('JobId', 'KEYWORD'),
  opKind: defineSearchAttributeKey('OpKind', 'KEYWORD'),
  opState: defineSearchAttributeKey('OpState', 'KEYWORD'),
} as const
