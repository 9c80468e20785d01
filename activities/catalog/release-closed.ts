import type { LeaseOwner } from '../../drizzle/queries/lease-owner.js'
import { listWaiters } from '../../drizzle/queries/lease-waiters.js'
import { listLeases, releaseLease } from '../../drizzle/queries/leases.js'
import { listSlots, releaseSlots } from '../../drizzle/queries/slots.js'
import type { ControlSteps } from '../steps.js'
import type { CatalogDependencies } from './dependencies.js'
import { ownerIsOpen } from './owner-is-open.js'

/**
 * Safe to run twice: takes leases, slots and places in lines from owners whose workflow is closed. Throws where
 * Temporal cannot be asked.
 */
export const releaseClosedLeases =
  ({ db, client }: Pick<CatalogDependencies, 'db' | 'client'>): ControlSteps['releaseClosedLeases'] =>
  async () => {
    const leases = await listLeases(db)
    const slots = await listSlots(db)
    const waiters = await listWaiters(db)
    let released = 0
    for (const owner of each([...leases, ...slots].map((held) => held.owner).concat(waiters))) {
      if (await ownerIsOpen(client, owner.workflowId, owner.runId)) continue
      const own = leases.filter((lease) => keyOf(lease.owner) === keyOf(owner))
      for (const lease of own) await releaseLease(db, lease.resource, lease.owner)
      await releaseSlots(db, owner)
      released += 1
    }
    return { released }
  }

const keyOf = ({ workflowId, runId }: LeaseOwner): string => `${workflowId}/${runId}`

const each = (owners: readonly LeaseOwner[]): LeaseOwner[] => [
  ...new Map(owners.map((owner) => [keyOf(owner), owner])).values(),
]
