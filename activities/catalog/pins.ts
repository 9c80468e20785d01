import { setTimeout as sleep } from 'node:timers/promises'
import type { Client } from '@temporalio/client'
import type { Db } from '../../drizzle/open.js'
import {
  dropExpiredPins,
  pinningWorkflows,
  releasePins as releaseRows,
  takeChainPins,
  takePins,
} from '../../drizzle/queries/pins.js'
import type { Pin, PinOwner, PinTaking } from '../../drizzle/queries/pins.js'
import type { ControlSteps } from '../steps.js'
import { ownerIsOpen } from './owner-is-open.js'
import { pointInUse } from './point-in-use.js'

export interface PinDependencies {
  readonly db: Db
  readonly client: Client
}

/** How long a reader's pin outlives its last byte: range after range is one reading. */
export const readerLingersMs = 5000

/**
 * Safe to run twice: what this workflow has pinned already is answered again. Pins one point, or its whole chain,
 * `points` in the order in which they can be deleted. Throws `point-in-use`, naming who holds which point. A point
 * that is not there is not pinned: whoever deletes it may still have files to remove.
 */
export const pinPoints =
  (dependencies: PinDependencies): ControlSteps['pinPoints'] =>
  async ({ point, chain, purpose, workflowId, runId }) => {
    const wanted = { purpose, owner: workflowId, runId }
    const take = (): Promise<PinTaking> =>
      chain ? takeChainPins(dependencies.db, point, wanted) : takePins(dependencies.db, [point], wanted)
    let taking = await takeUnlessHeld(dependencies, take)
    const lingers = taking.kind === 'held' ? lingering(taking.by) : undefined
    if (lingers !== undefined) {
      // Nobody reads any more: the last of them has just left.
      await sleep(lingers)
      taking = await takeUnlessHeld(dependencies, take)
    }
    if (taking.kind === 'held') throw await pointInUse(dependencies.db, taking.by)
    return { points: taking.kind === 'taken' ? taking.backupIds : [point] }
  }

/** Safe to run twice: what is not held (any more) is what is wanted. */
export const releasePins =
  ({ db }: Pick<PinDependencies, 'db'>): ControlSteps['releasePins'] =>
  async ({ workflowId, runId }) => {
    await releaseRows(db, { owner: workflowId, runId })
  }

/** Safe to run twice: removes the pins of closed workflows, and those whose time is over. */
export const releaseClosedPins =
  (dependencies: PinDependencies): ControlSteps['releaseClosedPins'] =>
  async () => {
    let released = await dropExpiredPins(dependencies.db)
    for (const owner of await pinningWorkflows(dependencies.db))
      if (!(await isOpen(dependencies, owner))) released += await releaseRows(dependencies.db, owner)
    return { released }
  }

/** Takes pins, past those that a workflow left which is closed. */
export const takeUnlessHeld = async (
  dependencies: PinDependencies,
  take: () => Promise<PinTaking>,
): Promise<PinTaking> => {
  for (;;) {
    const taking = await take()
    if (taking.kind !== 'held') return taking
    let isFreer = false
    for (const owner of ownersOf(taking.by)) {
      if (await isOpen(dependencies, owner)) continue
      await releaseRows(dependencies.db, owner)
      isFreer = true
    }
    if (!isFreer) return taking
  }
}

const ownersOf = (pins: readonly Pin[]): PinOwner[] => [
  ...new Map(pins.map((pin) => [`${pin.owner} ${pin.runId ?? ''}`, pin])).values(),
]

// A process has no workflow: its pins end by time. Nobody's right ends because Temporal cannot be asked.
const isOpen = async ({ client }: PinDependencies, { owner, runId }: PinOwner): Promise<boolean> =>
  runId === null || (await ownerIsOpen(client, owner, runId).catch(() => true))

/** How long until the last of them is over; undefined where one of them will not be over so soon. */
const lingering = (pins: readonly Pin[]): number | undefined => {
  const left = pins.map(({ leftMs }) => leftMs ?? Infinity)
  const longest = Math.max(...left)
  return longest <= readerLingersMs ? longest + 50 : undefined
}
