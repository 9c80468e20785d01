import type { Policy } from '../policy.js'

/** What a policy asks for that nothing does yet, a sentence each, for people. `repositories`: names by id. */
export function notActiveYet(
  policy: Pick<Policy, 'three_two_one' | 'copy_rules'>,
  repositories: ReadonlyMap<number, string>,
): string[] {
  const { three_two_one: rule, copy_rules: copies } = policy
  const sentences: string[] = []
  if (rule !== null)
    sentences.push(
      `3-2-1 (${rule.copies} copies on ${rule.media} media, ${rule.offsite} elsewhere) is stored and not active yet: nothing checks it.`,
    )
  if (copies.length > 0) {
    const targets = copies.map((copy) => {
      const name = repositories.get(copy.repository_id) ?? `repository ${copy.repository_id}, which is gone`
      return `${name} (${copy.mode})`
    })
    sentences.push(`Copying to ${targets.join(', ')} is stored and not active yet: no point is copied.`)
  }
  return sentences
}
