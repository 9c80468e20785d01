import type { Policy, Retention } from '../policy.js'
import type { Keep } from './expired-chains.js'

/** A flow that is not deleted, enabled or not: what a disabled one has made it still keeps. */
export interface KeepingFlow {
  readonly policy: Pick<Policy, 'id' | 'name' | keyof Retention> | null
}

/** A policy's keep, or the one of who has none. */
export interface OwnedKeep extends Keep {
  /** Null: of the default. */
  readonly policyId: number | null
}

/**
 * What is kept of a VM in a repository: by the policy of each flow that protects it there or has made a point of it, each
 * policy once. A flow without a policy keeps by the default, and so does what no flow speaks for.
 */
export function keepsOfFlows(flows: readonly KeepingFlow[], usual: Retention): OwnedKeep[] {
  const byPolicy = new Map<number | null, OwnedKeep>()
  for (const { policy } of flows) byPolicy.set(policy?.id ?? null, policy ? keepOf(policy) : usualKeep(usual))
  return byPolicy.size === 0 ? [usualKeep(usual)] : [...byPolicy.values()]
}

const keepOf = (policy: NonNullable<KeepingFlow['policy']>): OwnedKeep => ({
  ...measuresOf(policy),
  by: `policy ${policy.name}`,
  policyId: policy.id,
})

const usualKeep = (usual: Retention): OwnedKeep => ({
  ...measuresOf(usual),
  by: 'the default',
  policyId: null,
})

const measuresOf = (from: Retention): Retention => ({
  keep_points: from.keep_points,
  keep_days: from.keep_days,
  keep_daily: from.keep_daily,
  keep_weekly: from.keep_weekly,
  keep_monthly: from.keep_monthly,
  keep_yearly: from.keep_yearly,
})

/** What the environment says: points and days alone. */
export const usualRetention = (points: number, days: number): Retention => ({
  keep_points: points,
  keep_days: days,
  keep_daily: 0,
  keep_weekly: 0,
  keep_monthly: 0,
  keep_yearly: 0,
})
