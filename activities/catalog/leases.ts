import { Failure } from '../../domain/failure.js'
import type { Db } from '../../drizzle/open.js'
import type { LeaseOwner } from '../../drizzle/queries/lease-owner.js'
import { releaseLease as releaseRow, tryAcquire } from '../../drizzle/queries/leases.js'
import type { Acquisition } from '../../drizzle/queries/leases.js'
import type { ControlSteps, OwnerInput } from '../steps.js'
import { closedInTheWay, lineText, named, restInLine } from './in-the-way.js'
import type { AskOpen } from './owner-is-open.js'

export const ownerOf = ({ workflowId, runId }: OwnerInput): LeaseOwner => ({ workflowId, runId })

/**
 * Safe to run twice: the holder's own lease is returned, and who stands in line keeps its place. Closed owners that
 * hold it or stand before us are removed.
 */
export const takeLease =
  ({ db, isOpen }: { readonly db: Db; readonly isOpen: AskOpen }): ControlSteps['takeLease'] =>
  async ({ resource, wait, ...input }) => {
    for (;;) {
      const tried = await tryAcquire(db, resource, ownerOf(input))
      if (tried.acquired) return { taken: true, waitsFor: null }
      const holders = tried.heldBy === null ? [] : [tried.heldBy]
      const closed = await closedInTheWay(isOpen, { limit: 1, holders, ahead: tried.ahead })
      for (const owner of closed) await releaseRow(db, resource, owner)
      if (closed.length > 0) continue
      const waitsFor = sentence(resource, tried)
      if (!wait) return { taken: false, waitsFor }
      throw new Failure('vm-busy', waitsFor, {
        retry: true,
        retryAfterMs: restInLine(tried.ahead),
        remedy: 'It goes on by itself when that run ends.',
      })
    }
  }

/** Safe to run twice: a lease that is not ours (any more) is left alone. Leaves its line, too. */
export const releaseLease =
  ({ db }: { readonly db: Db }): ControlSteps['releaseLease'] =>
  async (input) => {
    await releaseRow(db, input.resource, ownerOf(input))
  }

const sentence = (resource: string, { heldBy, ahead }: Acquisition): string =>
  heldBy === null
    ? `${resource} is kept for ${named(ahead)}, who came first`
    : `${resource} is held by ${named([heldBy])}${lineText(ahead)}`
