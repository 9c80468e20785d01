import type { Backup, BackupDisk } from '../../domain/backup.js'
import { Failure } from '../../domain/failure.js'
import type { BasePoint } from '../../domain/rules/plan-disks.js'
import { pinsOn, planDisksOver } from '../../drizzle/queries/pins.js'
import type { PinTaking } from '../../drizzle/queries/pins.js'
import { takeUnlessHeld } from '../catalog/pins.js'
import type { PinDependencies } from '../catalog/pins.js'
import { pointInUse } from '../catalog/point-in-use.js'

interface Decided<Plan> {
  readonly plan: Plan
  readonly rows: readonly BackupDisk[]
}

/**
 * Writes the disks' plan and pins their bases in one transaction, so that no delete comes between. What is being
 * deleted is no base: then it is decided anew without it. The direct parents are enough: each older point of the chain
 * has a child and goes neither alone nor, while its chain is pinned, with the chain.
 */
export const planOverBases = async <Plan>(
  dependencies: PinDependencies,
  backup: Backup,
  points: readonly BasePoint[],
  decide: (points: readonly BasePoint[]) => Decided<Plan>,
): Promise<Plan> => {
  const { db } = dependencies
  const owner = { owner: backup.workflow_id, runId: backup.run_id }
  for (let usable = points; ;) {
    const { plan, rows } = decide(usable)
    const taking = await takeUnlessHeld(dependencies, () => planDisksOver(db, rows, owner))
    if (taking.kind === 'taken') return plan
    const going = await goingAway(dependencies, usable, taking)
    const left = usable.filter((point) => !going.has(point.backupId))
    if (left.length === usable.length) throw await neverFree(dependencies, taking)
    usable = left
  }
}

/** Points that are gone, and all that go with those that are held: a whole chain, maybe. */
const goingAway = async (
  { db }: PinDependencies,
  points: readonly BasePoint[],
  taking: Exclude<PinTaking, { kind: 'taken' }>,
): Promise<ReadonlySet<string>> => {
  if (taking.kind === 'missing') return new Set(taking.backupIds)
  const deleting = taking.by.filter(({ purpose }) => purpose === 'delete')
  const pins = await pinsOn(
    db,
    points.map(({ backupId }) => backupId),
  )
  return new Set([
    ...deleting.map(({ backupId }) => backupId),
    ...pins
      .filter((pin) => pin.purpose === 'delete' && deleting.some(({ owner }) => owner === pin.owner))
      .map(({ backupId }) => backupId),
  ])
}

const neverFree = async (
  { db }: PinDependencies,
  taking: Exclude<PinTaking, { kind: 'taken' }>,
): Promise<Failure> =>
  taking.kind === 'held'
    ? heldForNow(await pointInUse(db, taking.by))
    : new Failure('internal', `The base ${taking.backupIds.join(', ')} is not there`, { retry: true })

/** Whoever holds it lets go; or its run turns out to be closed, as soon as Temporal can be asked. */
const heldForNow = (cause: Failure): Failure =>
  new Failure(cause.code, cause.message, {
    retry: true,
    facts: cause.facts,
    remedy: 'Nothing has to be done: it is tried again.',
    cause,
  })
