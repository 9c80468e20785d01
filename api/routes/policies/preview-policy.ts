import { repositoryNames } from '../../../drizzle/queries/policies.js'
import { previewRetention } from '../../../drizzle/queries/policy-preview.js'
import type { PreviewedRetention } from '../../../drizzle/queries/policy-preview.js'
import { previewPolicy } from '../../contract/policies.js'
import type { PreviewedChain } from '../../contract/policies.js'
import { route } from '../../route.js'
import { findPolicy } from './find-policy.js'

const shown = 500

export const previewPolicyRoute = route(previewPolicy, async ({ context, params }) => {
  const { id } = await findPolicy(context.db, params.id)
  const goes: PreviewedRetention[] = []
  const stays: PreviewedRetention[] = []
  let total = 0
  for await (const chain of previewRetention(context.db, id, context.usualRetention, new Date())) {
    total += 1
    if (chain.goes) goes.push(chain)
    else if (stays.length < shown) stays.push(chain)
  }
  // What goes comes first: it is what one asks for.
  const some = [...goes, ...stays].slice(0, shown)
  const names = await repositoryNames(context.db, [...new Set(some.map(({ repositoryId }) => repositoryId))])
  const chains = some.map((chain) => toPreviewed(chain, names.get(chain.repositoryId) ?? ''))
  return {
    status: 200,
    body: { chains, total, bytes_freed: goes.reduce((sum, one) => sum + bytesOf(one), 0) },
  }
})

const bytesOf = ({ points }: PreviewedRetention): number =>
  points.reduce((sum, { bytesStored }) => sum + bytesStored, 0)

function toPreviewed(chain: PreviewedRetention, repositoryName: string): PreviewedChain {
  const { points, repositoryId, goes, reason } = chain
  const times = points.map(({ takenAt }) => takenAt.getTime())
  return {
    vm_context_id: points[0]?.vmContextId ?? '',
    vm_name: points.at(-1)?.vmName ?? '',
    repository_id: repositoryId,
    repository_name: repositoryName,
    backup_ids: points.map(({ backupId }) => backupId),
    oldest: new Date(Math.min(...times)).toISOString(),
    newest: new Date(Math.max(...times)).toISOString(),
    bytes_stored: bytesOf(chain),
    goes,
    reason,
  }
}
