import { defineSearchAttributeKey } from '@temporalio/common'

/** Updates that `backup-vm` takes; each has the name of the action in `domain/rules/backup-actions.ts`. */
export const updates = { pause: 'pause', resume: 'resume', audit: 'audit' } as const

/**
 * Updates that `run-flow` takes, each with the id of the execution that is meant, named after the actions of
 * `domain/rules/execution-actions.ts`.
 */
export const flowUpdates = { pause: 'pause', resume: 'resume', cancel: 'cancel' } as const

/** `wake`: rows have changed, look again. Taken by `run-flow`, its lanes and `flow-sync`. */
export const signals = { wake: 'wake' } as const

/** Search attributes, all Keyword: the embedded server has room for ten. */
export const searchAttributes = {
  flowId: defineSearchAttributeKey('FlowId', 'KEYWORD'),
  executionId: defineSearchAttributeKey('ExecutionId', 'KEYWORD'),
  vmContextId: defineSearchAttributeKey('VmContextId', 'KEYWORD'),
  jobId: defineSearchAttributeKey('JobId', 'KEYWORD'),
  opKind: defineSearchAttributeKey('OpKind', 'KEYWORD'),
  opState: defineSearchAttributeKey('OpState', 'KEYWORD'),
} as const
