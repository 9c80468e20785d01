import { z } from 'zod'
import { CopyRule, Policy, Retention, ThreeTwoOne } from '../../domain/policy.js'
import { Description, Name, NumericIdParams, operation, PageFields, Paging } from './operation.js'

const keep = Retention.shape

export const PolicyRequest = z.strictObject({
  name: Name,
  description: Description.nullable().default(null),
  keep_points: keep.keep_points.default(0),
  keep_days: keep.keep_days.default(0),
  keep_daily: keep.keep_daily.default(0),
  keep_weekly: keep.keep_weekly.default(0),
  keep_monthly: keep.keep_monthly.default(0),
  keep_yearly: keep.keep_yearly.default(0),
  /** Stored and shown, not active yet. */
  three_two_one: ThreeTwoOne.nullable().default(null),
  copy_rules: z.array(CopyRule).max(10).default([]),
})
export type PolicyRequest = z.input<typeof PolicyRequest>

/** PUT changes what is given and leaves the rest. */
export const PolicyChange = z
  .strictObject({
    name: Name,
    description: Description.nullable(),
    ...keep,
    three_two_one: ThreeTwoOne.nullable(),
    copy_rules: z.array(CopyRule).max(10),
  })
  .partial()
export type PolicyChange = z.input<typeof PolicyChange>

/** `not_active_yet`: what is stored and has no effect, for people. `in_words`: what is kept. */
export const PolicyView = Policy.extend({
  flows: z.int(),
  in_words: z.string(),
  not_active_yet: z.array(z.string()),
})
export type PolicyView = z.infer<typeof PolicyView>

export const PolicyList = z.object({ policies: z.array(PolicyView), ...PageFields })
export type PolicyList = z.infer<typeof PolicyList>

/** One chain of one VM in one repository, and whether it stays. */
export const PreviewedChain = z.object({
  vm_context_id: z.string(),
  vm_name: z.string(),
  repository_id: z.int(),
  repository_name: z.string(),
  backup_ids: z.array(z.string()),
  oldest: z.iso.datetime(),
  newest: z.iso.datetime(),
  bytes_stored: z.number(),
  /** It goes with the next sweep. */
  goes: z.boolean(),
  reason: z.string(),
})
export type PreviewedChain = z.infer<typeof PreviewedChain>

/** Chains of the VMs and repositories of this policy's flows, as they stand now; at most 500. */
export const PolicyPreview = z.object({
  chains: z.array(PreviewedChain),
  total: z.int(),
  bytes_freed: z.number(),
})
export type PolicyPreview = z.infer<typeof PolicyPreview>

const tag = 'policies'

export const listPolicies = operation({
  name: 'listPolicies',
  method: 'GET',
  path: '/policies',
  summary: 'Policies, newest first',
  tag,
  role: 'viewer',
  query: Paging,
  responses: { 200: PolicyList },
})

export const createPolicy = operation({
  name: 'createPolicy',
  method: 'POST',
  path: '/policies',
  summary: 'Makes a policy',
  tag,
  role: 'operator',
  body: PolicyRequest,
  responses: { 201: PolicyView },
})

export const getPolicy = operation({
  name: 'getPolicy',
  method: 'GET',
  path: '/policies/{id}',
  summary: 'One policy',
  tag,
  role: 'viewer',
  params: NumericIdParams,
  responses: { 200: PolicyView },
})

export const updatePolicy = operation({
  name: 'updatePolicy',
  method: 'PUT',
  path: '/policies/{id}',
  summary: 'Changes what is given; the next sweep follows it',
  tag,
  role: 'operator',
  params: NumericIdParams,
  body: PolicyChange,
  responses: { 200: PolicyView },
})

export const deletePolicy = operation({
  name: 'deletePolicy',
  method: 'DELETE',
  path: '/policies/{id}',
  summary: 'Removes a policy that no flow uses',
  tag,
  role: 'operator',
  params: NumericIdParams,
  responses: { 204: null },
})

export const previewPolicy = operation({
  name: 'previewPolicy',
  method: 'GET',
  path: '/policies/{id}/preview',
  summary: 'Which chains go next and which stay, with reasons',
  tag,
  role: 'viewer',
  params: NumericIdParams,
  responses: { 200: PolicyPreview },
})
