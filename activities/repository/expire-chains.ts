import type { Backup } from '../../domain/backup.js'
import { Failure } from '../../domain/failure.js'
import { deletionOrder } from '../../domain/rules/chains.js'
import { expiredChains } from '../../domain/rules/expired-chains.js'
import type { ExpiredChain, KeptPoint } from '../../domain/rules/expired-chains.js'
import type { Repository } from '../../domain/repository.js'
import type { Db } from '../../drizzle/open.js'
import { pointsOfVm, vmsWithPoints } from '../../drizzle/queries/linked-points.js'
import { pinsOn, releasePins, takeChainPins } from '../../drizzle/queries/pins.js'
import type { PinOwner } from '../../drizzle/queries/pins.js'
import { beating } from '../beating.js'
import type { RepositorySteps } from '../steps.js'
import { deletePinned } from './delete-point.js'
import type { RepositoryDependencies } from './dependencies.js'
import { checkIdentity } from './marker.js'
import { openRepository } from './point.js'

/** Of one sweep; the rest is for the next one, and its result stands in a workflow's history. */
const chainsPerSweep = 20

type Needs = Pick<RepositoryDependencies, 'db' | 'now' | 'keep' | 'said'>
type VmPoint = KeptPoint & { readonly backup: Backup }

/**
 * Safe to run twice: looks afresh each time. Removes whole chains that the rule of what is kept lets go, each pinned
 * before it is touched; one that somebody has begun to use since stays. Each is logged with its reason.
 */
export const expireChains =
  (needs: Needs): RepositorySteps['expireChains'] =>
  ({ repositoryId, workflowId, runId }) =>
    beating(async (signal) => {
      const removed: string[] = []
      const { db, keep } = needs
      if (keep.points === 0 && keep.days === 0) return { removed }
      const repository = await openRepository(db, repositoryId)
      await checkIdentity(repository)
      for (const vmContextId of await vmsWithPoints(db, repositoryId))
        for (const chain of await expiredOf(needs, vmContextId, repositoryId)) {
          signal.throwIfAborted()
          if (removed.length === chainsPerSweep) return { removed }
          if (!(await removeChain(db, repository, chain, { owner: workflowId, runId }))) continue
          const sentence = sentenceOf(chain)
          needs.said(sentence)
          removed.push(sentence)
        }
      return { removed }
    })

const expiredOf = async (
  { db, keep, now }: Pick<Needs, 'db' | 'keep' | 'now'>,
  vmContextId: string,
  repositoryId: number,
): Promise<ExpiredChain<VmPoint>[]> => {
  const points = await pointsOfVm(db, { vmContextId, repositoryId })
  const pins = await pinsOn(
    db,
    points.map(({ backupId }) => backupId),
  )
  const held = new Set(pins.map(({ backupId }) => backupId))
  const kept = points.map((point) => ({
    ...point,
    state: stateOf(point.backup),
    isHeld: held.has(point.backupId),
  }))
  return expiredChains<VmPoint>(kept, keep, now())
}

// An audit that found change tracking wrong says that the point may lack what had changed.
const stateOf = ({ verify_result, audit_result }: Backup): KeptPoint['state'] =>
  verify_result === 'damaged' || audit_result === 'differs' ? 'damaged' : (verify_result ?? 'unknown')

/** False where the chain is not (or not only) what was looked at, or somebody uses it. */
const removeChain = async (
  db: Db,
  repository: Repository,
  { points }: ExpiredChain<VmPoint>,
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
      directory: first.backup.vm_context_id,
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

const sentenceOf = ({ points, reason }: ExpiredChain<VmPoint>): string => {
  const ids = points.map(({ backupId }) => backupId)
  const [first] = points
  const named = ids.length > 5 ? `${ids.slice(0, 5).join(', ')} and ${ids.length - 5} more` : ids.join(', ')
  return `The chain of ${first?.backup.vm_name ?? 'a VM'} with ${ids.length} point(s) has expired and was removed (${named}): ${reason}`
}
