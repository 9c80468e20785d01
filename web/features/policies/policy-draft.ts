import type { PolicyRequest, PolicyView } from '../../../api/contract/policies.js'
import type { CopyRule, Retention, ThreeTwoOne } from '../../../domain/policy.js'

/** A policy as the form holds it. Numbers are NaN while their field is empty. */
export interface PolicyDraft {
  readonly name: string
  readonly description: string
  readonly keep: Retention
  readonly threeTwoOne: ThreeTwoOne | null
  readonly copyRules: readonly CopyRule[]
}

/** A new policy begins with something sensible instead of with "keep all". */
const usual: PolicyDraft = {
  name: '',
  description: '',
  keep: { keep_points: 0, keep_days: 14, keep_daily: 0, keep_weekly: 4, keep_monthly: 6, keep_yearly: 0 },
  threeTwoOne: null,
  copyRules: [],
}

export const usualThreeTwoOne: ThreeTwoOne = { copies: 3, media: 2, offsite: 1 }

export const newCopyRule = (repositoryId: number): CopyRule => ({
  repository_id: repositoryId,
  mode: 'immediate',
  priority: 50,
  verify: true,
})

export const policyDraftOf = (policy: PolicyView | undefined): PolicyDraft =>
  policy === undefined
    ? usual
    : {
        name: policy.name,
        description: policy.description ?? '',
        keep: {
          keep_points: policy.keep_points,
          keep_days: policy.keep_days,
          keep_daily: policy.keep_daily,
          keep_weekly: policy.keep_weekly,
          keep_monthly: policy.keep_monthly,
          keep_yearly: policy.keep_yearly,
        },
        threeTwoOne: policy.three_two_one,
        copyRules: policy.copy_rules,
      }

export const policyBodyOf = (draft: PolicyDraft): PolicyRequest => ({
  name: draft.name,
  description: draft.description.trim() === '' ? null : draft.description,
  ...draft.keep,
  three_two_one: draft.threeTwoOne,
  copy_rules: [...draft.copyRules],
})
