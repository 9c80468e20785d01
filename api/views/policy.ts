import type { Policy } from '../../domain/policy.js'
import { notActiveYet } from '../../domain/rules/policy-words.js'
import { retentionInWords } from '../../domain/rules/retention-words.js'
import type { Db } from '../../drizzle/open.js'
import { flowsOfPolicies, repositoryNames } from '../../drizzle/queries/policies.js'
import type { PolicyView } from '../contract/policies.js'

/** Policies with what they mean, and how many flows follow them. */
export async function toPolicyViews(db: Db, policies: readonly Policy[]): Promise<PolicyView[]> {
  const copiedTo = policies.flatMap(({ copy_rules }) => copy_rules.map((rule) => rule.repository_id))
  const [flows, repositories] = await Promise.all([
    flowsOfPolicies(
      db,
      policies.map(({ id }) => id),
    ),
    repositoryNames(db, [...new Set(copiedTo)]),
  ])
  return policies.map((policy) => ({
    ...policy,
    flows: flows.get(policy.id) ?? 0,
    in_words: retentionInWords(policy),
    not_active_yet: notActiveYet(policy, repositories),
  }))
}
