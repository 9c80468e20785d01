import { Failure } from '../../domain/failure.js'
import {
  leaseOf,
  listLeases,
  releaseLease as releaseRow,
  takeOver,
  tryAcquire,
} from '../../drizzle/queries/leases.js'
import type { LeaseOwner } from '../../drizzle/queries/leases.js'
import type { ControlSteps, LeaseInput } from '../steps.js'
import type { CatalogDependencies } from './dependencies.js'
import { ownerIsOpen } from './owner-is-open.js'

const ownerOf = ({ workflowId, runId }: LeaseInput): LeaseOwner => ({ workflowId, runId })

/** Safe to run twice: the holder's own lease is returned. A closed owner's lease is taken over. */
export const takeLease =
  ({ db, client }: CatalogDependencies): ControlSteps['takeLease'] =>
  async (input) => {
    const owner = ownerOf(input)
    const tried = await tryAcquire(db, input.resource, owner)
    if (tried.acquired) return { leaseNo: tried.leaseNo }
    const held = await leaseOf(db, input.resource)
    if (held) {
      const isOpen = await ownerIsOpen(client, held.owner.workflowId, held.owner.runId)
      const taken = isOpen ? tried : await takeOver(db, input.resource, held.leaseNo, owner)
      if (taken.acquired) return { leaseNo: taken.leaseNo }
    }
    throw new Failure('vm-busy', `${input.resource} is held by ${held?.owner.workflowId ?? 'another run'}`, {
      retry: true,
      remedy: 'It goes on by itself when that run ends.',
    })
  }

/** Safe to run twice: a lease that is not ours (any more) is left alone. */
export const releaseLease =
  ({ db }: CatalogDependencies): ControlSteps['releaseLease'] =>
  async (input) => {
    await releaseRow(db, input.resource, ownerOf(input))
  }

/** Safe to run twice: releases leases whose owner's workflow is closed. */
export const releaseClosedLeases =
  ({ db, client }: CatalogDependencies): ControlSteps['releaseClosedLeases'] =>
  async () => {
    let released = 0
    for (const lease of await listLeases(db)) {
      if (await ownerIsOpen(client, lease.owner.workflowId, lease.owner.runId)) continue
      if (await releaseRow(db, lease.resource, lease.owner)) released += 1
    }
    return { released }
  }
