import { PolicyRequest } from '../../../api/contract/policies.js'
import type { PolicyView } from '../../../api/contract/policies.js'
import { Retention } from '../../../domain/policy.js'
import { keepsAll, measures } from './measures.js'
import { newCopyRule, policyBodyOf, policyDraftOf, usualThreeTwoOne } from './policy-draft.js'

const policy: PolicyView = {
  id: 3,
  name: 'GFS',
  description: null,
  keep_points: 1,
  keep_days: 2,
  keep_daily: 3,
  keep_weekly: 4,
  keep_monthly: 5,
  keep_yearly: 6,
  three_two_one: usualThreeTwoOne,
  copy_rules: [newCopyRule(7)],
  created_by: 'admin',
  created_at: '2026-11-21T10:00:00.000Z',
  updated_at: '2026-11-21T10:00:00.000Z',
  flows: 0,
  in_words: '',
  not_active_yet: [],
}

test('a form sends back the policy that it was opened with', () => {
  expect(policyBodyOf(policyDraftOf(policy))).toEqual({
    name: 'GFS',
    description: null,
    keep_points: 1,
    keep_days: 2,
    keep_daily: 3,
    keep_weekly: 4,
    keep_monthly: 5,
    keep_yearly: 6,
    three_two_one: { copies: 3, media: 2, offsite: 1 },
    copy_rules: [{ repository_id: 7, mode: 'immediate', priority: 50, verify: true }],
  })
})

test('a new policy needs nothing but a name', () => {
  expect(PolicyRequest.safeParse(policyBodyOf({ ...policyDraftOf(undefined), name: 'x' })).success).toBe(true)
})

test('the form has every measure of the contract, each with its most', () => {
  expect(measures.map(({ field }) => field)).toEqual(Object.keys(Retention.shape))
  for (const { field, most } of measures)
    expect([most, most + 1].map((value) => Retention.shape[field].safeParse(value).success)).toEqual([
      true,
      false,
    ])
})

test('a policy keeps all only where no measure says anything', () => {
  const none = {
    keep_points: 0,
    keep_days: 0,
    keep_daily: 0,
    keep_weekly: 0,
    keep_monthly: 0,
    keep_yearly: 0,
  }
  expect(keepsAll(none)).toBe(true)
  for (const { field } of measures) expect(keepsAll({ ...none, [field]: 1 })).toBe(false)
})
