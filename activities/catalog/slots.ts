import { Failure } from '../../domain/failure.js'
import type { Db } from '../../drizzle/open.js'
import { releaseSlots as releaseRows, tryTakeSlots } from '../../drizzle/queries/slots.js'
import type { SlotAnswer } from '../../drizzle/queries/slots.js'
import type { ControlSteps } from '../steps.js'
import { closedInTheWay, lineText, named, restInLine } from './in-the-way.js'
import { ownerOf } from './leases.js'
import type { AskOpen } from './owner-is-open.js'
import { wantedSlots } from './wanted-slots.js'
import type { NamedSlot, SlotLimits } from './wanted-slots.js'

export interface SlotDependencies {
  readonly db: Db
  readonly isOpen: AskOpen
  readonly limits: SlotLimits
}

/**
 * Safe to run twice: who holds its places is told so, and who stands in line keeps its place there. Closed owners
 * that hold places or stand before us are removed.
 */
export const takeSlots =
  ({ db, isOpen, limits }: SlotDependencies): ControlSteps['takeSlots'] =>
  async ({ backupId, wait, ...input }) => {
    const wanted = await wantedSlots(db, backupId, limits)
    for (;;) {
      const answer = await tryTakeSlots(db, ownerOf({ backupId, ...input }), wanted)
      if (answer.taken) return { taken: true, waitsFor: null }
      const closed = await closedInTheWay(isOpen, { ...answer, limit: answer.full.limit })
      for (const owner of closed) await releaseRows(db, owner)
      if (closed.length > 0) continue
      const waitsFor = sentence(wanted, answer)
      if (!wait) return { taken: false, waitsFor }
      throw new Failure('slots-busy', waitsFor, {
        retry: true,
        retryAfterMs: restInLine(answer.ahead),
        remedy: 'It goes on by itself when one of those ends. The limits are settings: SENDENSE_LIMIT_….',
      })
    }
  }

/** Safe to run twice: absent places are what is wanted. Leaves every line, too. */
export const releaseSlots =
  ({ db }: Pick<SlotDependencies, 'db'>): ControlSteps['releaseSlots'] =>
  async (input) => {
    await releaseRows(db, ownerOf(input))
  }

const sentence = (
  wanted: readonly NamedSlot[],
  { full, holders, ahead }: Extract<SlotAnswer, { taken: false }>,
): string => {
  const name = wanted.find(({ resource }) => resource === full.resource)?.name ?? full.resource
  const held = holders.length === 0 ? '' : `: ${named(holders)}`
  return `${name} has ${holders.length} of ${full.limit} backups${held}${lineText(ahead)}`
}
