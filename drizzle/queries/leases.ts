import { and, eq, isNotNull } from 'drizzle-orm'
import { inTransaction, matched } from '../open.js'
import type { Db } from '../open.js'
import { operationLeases } from '../schema/operation-leases.js'
import { isSameOwner, ownerColumns } from './lease-owner.js'
import type { LeaseOwner } from './lease-owner.js'
import { aheadOf, leaveLine, lineOf, standInLine } from './lease-waiters.js'
import { ensureResourceRow, lockResourceRow } from './resource-row.js'
import type { ResourceRow } from './resource-row.js'

export interface Lease {
  readonly resource: string
  readonly owner: LeaseOwner
  /** Grows by one with each new holder of the resource, for ever. */
  readonly leaseNo: number
  readonly acquiredAt: string
}

export interface Acquisition {
  readonly acquired: boolean
  /** Mine when acquired, else the present or last holder's. */
  readonly leaseNo: number
  /** Null when acquired, and where only the line is in the way. */
  readonly heldBy: LeaseOwner | null
  /** Who goes before me, the next one first; empty when acquired. */
  readonly ahead: readonly LeaseOwner[]
}

const held = (row: ResourceRow): Lease | undefined =>
  row.owner_workflow_id === null || row.owner_run_id === null
    ? undefined
    : {
        resource: row.resource,
        owner: { workflowId: row.owner_workflow_id, runId: row.owner_run_id },
        leaseNo: row.lease_no,
        acquiredAt: row.acquired_at ?? '',
      }

/** The lease on a resource, undefined when it is free. Whether its owner still runs is Temporal's to say. */
export const leaseOf = async (db: Db, resource: string): Promise<Lease | undefined> => {
  const [row] = await db.select().from(operationLeases).where(eq(operationLeases.resource, resource))
  return row === undefined ? undefined : held(row)
}

/**
 * Takes a free resource when nobody stands before this owner; else it stands in line until it asks again with success
 * or gives back. Asking again as the holder answers yes with the same number. Closed owners in the way are the
 * caller's to remove: whether they run is Temporal's to say.
 */
export const tryAcquire = async (db: Db, resource: string, owner: LeaseOwner): Promise<Acquisition> => {
  await ensureResourceRow(db, resource)
  return inTransaction(db, async (tx) => {
    const row = await lockResourceRow(tx, resource)
    const lease = held(row)
    if (lease !== undefined && isSameOwner(lease.owner, owner))
      return { acquired: true, leaseNo: lease.leaseNo, heldBy: null, ahead: [] }
    const ahead = aheadOf(await lineOf(tx, resource), resource, owner)
    if (lease === undefined && ahead.length === 0) {
      await leaveLine(tx, resource, owner)
      return grant(tx, row, owner)
    }
    await standInLine(tx, resource, owner)
    return { acquired: false, leaseNo: row.lease_no, heldBy: lease?.owner ?? null, ahead }
  })
}

/** Gives the lease back and leaves its line; false when the owner does not hold it. */
export const releaseLease = (db: Db, resource: string, owner: LeaseOwner): Promise<boolean> =>
  inTransaction(db, async (tx) => {
    const released = await tx
      .update(operationLeases)
      .set({ owner_workflow_id: null, owner_run_id: null, acquired_at: null })
      .where(
        and(
          eq(operationLeases.resource, resource),
          eq(operationLeases.owner_workflow_id, owner.workflowId),
          eq(operationLeases.owner_run_id, owner.runId),
        ),
      )
    await leaveLine(tx, resource, owner)
    return matched(released) === 1
  })

/** All leases that are held, in the order of their resources. */
export const listLeases = async (db: Db): Promise<Lease[]> => {
  const rows = await db
    .select()
    .from(operationLeases)
    .where(isNotNull(operationLeases.owner_workflow_id))
    .orderBy(operationLeases.resource)
  return rows.flatMap((row) => held(row) ?? [])
}

const grant = async (tx: Db, row: ResourceRow, owner: LeaseOwner): Promise<Acquisition> => {
  const leaseNo = row.lease_no + 1
  await tx
    .update(operationLeases)
    .set({ ...ownerColumns(owner), lease_no: leaseNo, acquired_at: new Date().toISOString() })
    .where(eq(operationLeases.resource, row.resource))
  return { acquired: true, leaseNo, heldBy: null, ahead: [] }
}
