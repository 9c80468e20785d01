import { and, eq, inArray, isNull } from 'drizzle-orm'
import type { Retention } from '../../domain/policy.js'
import type { JudgedChain } from '../../domain/rules/expired-chains.js'
import type { Db } from '../open.js'
import { backupJobs } from '../schema/backup-jobs.js'
import { protectionFlows } from '../schema/protection-flows.js'
import { vmsWithPoints } from './linked-points.js'
import { judgeVms, keepsInRepository } from './retention.js'
import type { StoredPoint } from './retention.js'

export interface PreviewedRetention extends JudgedChain<StoredPoint> {
  readonly repositoryId: number
}

/**
 * The chains for which a policy's word counts, as the next sweep would judge them now by the words of all. Reads only.
 */
export async function* previewRetention(
  db: Db,
  policyId: number,
  usual: Retention,
  now: Date,
): AsyncGenerator<PreviewedRetention> {
  for (const repositoryId of await repositoriesOfPolicy(db, policyId)) {
    const keepsOf = await keepsInRepository(db, repositoryId, usual)
    const vmContextIds = (await vmsWithPoints(db, repositoryId)).filter((id) =>
      keepsOf(id).some((keep) => keep.policyId === policyId),
    )
    for await (const { chains } of judgeVms(db, { repositoryId, vmContextIds, keepsOf, now }))
      for (const chain of chains) yield { ...chain, repositoryId }
  }
}

/** Where its flows write now, and where points lie that they have made. */
const repositoriesOfPolicy = async (db: Db, policyId: number): Promise<number[]> => {
  const flows = await db
    .select({ id: protectionFlows.id, repositoryId: protectionFlows.repository_id })
    .from(protectionFlows)
    .where(and(eq(protectionFlows.policy_id, policyId), isNull(protectionFlows.deleted_at)))
  if (flows.length === 0) return []
  const written = await db
    .selectDistinct({ repositoryId: backupJobs.repository_id })
    .from(backupJobs)
    .where(
      and(
        inArray(
          backupJobs.flow_id,
          flows.map(({ id }) => id),
        ),
        eq(backupJobs.status, 'completed'),
      ),
    )
  const ids = [...flows, ...written].flatMap(({ repositoryId }) => repositoryId ?? [])
  return [...new Set(ids)].sort((a, b) => a - b)
}
