import { Failure } from '../../domain/failure.js'
import { deletionOrder } from '../../domain/rules/chains.js'
import type { JudgedChain } from '../../domain/rules/expired-chains.js'
import { keepsAll } from '../../domain/rules/retention-words.js'
import type { Repository } from '../../domain/repository.js'
import type { Db } from '../../drizzle/open.js'
import { vmsWithPoints } from '../../drizzle/queries/linked-points.js'
import { releasePins, takeChainPins } from '../../drizzle/queries/pins.js'
import type { PinOwner } from '../../drizzle/queries/pins.js'
import { judgeVms, keepsInRepository } from '../../drizzle/queries/retention.js'
import type { StoredPoint } from '../../drizzle/queries/retention.js'
import { beating } from '../beating.js'
import type { RepositorySteps } from '../steps.js'
import { deletePinned } from './delete-point.js'
import type { RepositoryDependencies } from './dependencies.js'
import { checkIdentity } from './marker.js'
import { openRepository } from './point.js'

/** Of one sweep; the rest is for the next one, and its result stands in a workflow's history. */
const chainsPerSweep = 20

type Needs = Pick<RepositoryDependencies, 'db' | 'now' | 'keep' | 'said'>

/**
 * Safe to run twice: looks afresh each time. Removes whole chains that the policies of all flows let go, each judged again
 * and pinned before it is touched; one that somebody has begun to use since stays. Each is logged with its reason.
 */
export const expireChains =
  (needs: Needs): RepositorySteps['expireChains'] =>
  ({ repositoryId, workflowId, runId }) =>
    beating(async (signal) => {
      const removed: string[] = []
      const { db } = needs
      const repository = await openRepository(db, repositoryId)
      await checkIdentity(repository)
      const all = await vmsWithPoints(db, repositoryId)
      for await (const chain of expiredOf(needs, repositoryId, all)) {
        signal.throwIfAborted()
        if (removed.length === chainsPerSweep) break
        if (!(await stillGoes(needs, repositoryId, chain))) continue
        if (!(await removeChain(db, repository, chain, { owner: workflowId, runId }))) continue
        const sentence = sentenceOf(chain)
        needs.said(sentence)
        removed.push(sentence)
      }
      return { removed }
    })

async function* expiredOf(
  { db, keep, now }: Pick<Needs, 'db' | 'keep' | 'now'>,
  repositoryId: number,
  vmContextIds: readonly string[],
): AsyncGenerator<JudgedChain<StoredPoint>> {
  const keepsOf = await keepsInRepository(db, repositoryId, keep)
  // Most VMs have somebody who keeps all of them: their points need not be looked at.
  const some = vmContextIds.filter((id) => !keepsOf(id).some(keepsAll))
  const input = { repositoryId, vmContextIds: some, keepsOf, now: now() }
  for await (const { chains } of judgeVms(db, input)) yield* chains.filter(({ goes }) => goes)
}

/** Removing takes its time: a flow or a policy may have come to keep the next chain since it was judged. */
const stillGoes = async (
  needs: Needs,
  repositoryId: number,
  { points }: JudgedChain<StoredPoint>,
): Promise<boolean> => {
  const [first] = points
  if (first === undefined) return false
  const ids = (of: readonly StoredPoint[]): string => of.map(({ backupId }) => backupId).join()
  for await (const again of expiredOf(needs, repositoryId, [first.vmContextId]))
    if (ids(again.points) === ids(points)) return true
  return false
}

/** False where the chain is not (or not only) what was looked at, or somebody uses it. */
const removeChain = async (
  db: Db,
  repository: Repository,
  { points }: JudgedChain<StoredPoint>,
  owner: PinOwner,
): Promise<boolean> => {
  const order = deletionOrder(points)
  const [first] = order
  if (first === undefined) return false
  try {
    const taking = await takeChainPins(db, first.backupId, { ...owner, purpose: 'delete' })
    if (taking.kind !== 'taken' || taking.backupIds.length !== order.length) return false
    await deletePinned(db, repository, {
      points: taking.backupIds,
      directory: first.vmContextId,
      owner,
    })
    return true
  } catch (error) {
    if (error instanceof Failure && ['point-has-children', 'point-in-use'].includes(error.code)) return false
    throw error
  } finally {
    // Another repository's are tidied under the same name.
    await releasePins(
      db,
      owner,
      order.map(({ backupId }) => backupId),
    )
  }
}

const sentenceOf = ({ points, reason }: JudgedChain<StoredPoint>): string => {
  const ids = points.map(({ backupId }) => backupId)
  const [first] = points
  const named = ids.length > 5 ? `${ids.slice(0, 5).join(', ')} and ${ids.length - 5} more` : ids.join(', ')
  return `The chain of ${first?.vmName ?? 'a VM'} with ${ids.length} point(s) has expired and was removed (${named}): ${reason}`
}
