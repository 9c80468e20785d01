import { and, eq, isNotNull, sql } from 'drizzle-orm'
import { inTransaction, matched } from '../open.js'
import type { Db } from '../open.js'
import { operationLeases } from '../schema/operation-leases.js'

/** Who holds a lease: the workflow id and the run id of its *first* execution (it outlives continue-as-new). */
export interface LeaseOwner {
  readonly workflowId: string
  readonly runId: string
}

export interface Lease {
  readonly resource: string
  readonly owner: LeaseOwner
  /** Grows by one with each new holder of the resource, for ever. */
  readonly leaseNo: number
  readonly acquiredAt: string
}

export interface Acquisition {
  readonly acquired: boolean
  /** Mine when acquired, else the holder's: what `takeOver` wants. */
  readonly leaseNo: number
  /** Null when acquired. */
  readonly heldBy: LeaseOwner | null
}

type Row = typeof operationLeases.$inferSelect

const held = (row: Row): Lease | undefined =>
  row.owner_workflow_id === null || row.owner_run_id === null
    ? undefined
    : {
        resource: row.resource,
        owner: { workflowId: row.owner_workflow_id, runId: row.owner_run_id },
        leaseNo: row.lease_no,
        acquiredAt: row.acquired_at ?? '',
      }

const isOwner = (lease: Lease, owner: LeaseOwner): boolean =>
  lease.owner.workflowId === owner.workflowId && lease.owner.runId === owner.runId

/** The lease on a resource, undefined when it is free. Whether its owner still runs is Temporal's to say. */
export const leaseOf = async (db: Db, resource: string): Promise<Lease | undefined> => {
  const [row] = await db.select().from(operationLeases).where(eq(operationLeases.resource, resource))
  return row === undefined ? undefined : held(row)
}

/** Takes a free resource. Asking again as its holder answers yes with the same number. */
export const tryAcquire = async (db: Db, resource: string, owner: LeaseOwner): Promise<Acquisition> => {
  await ensureRow(db, resource)
  return inTransaction(db, async (tx) => {
    const row = await lockedRow(tx, resource)
    const lease = held(row)
    if (lease === undefined) return grant(tx, row, owner)
    const mine = isOwner(lease, owner)
    return { acquired: mine, leaseNo: lease.leaseNo, heldBy: mine ? null : lease.owner }
  })
}

/**
 * Takes the lease from a holder that the caller knows to be closed: succeeds only while `fromLeaseNo` is still the
 * current number, so of several that saw the same dead holder one wins.
 */
export const takeOver = async (
  db: Db,
  resource: string,
  fromLeaseNo: number,
  owner: LeaseOwner,
): Promise<Acquisition> => {
  await ensureRow(db, resource)
  return inTransaction(db, async (tx) => {
    const row = await lockedRow(tx, resource)
    const lease = held(row)
    if (row.lease_no === fromLeaseNo || lease === undefined) return grant(tx, row, owner)
    const mine = isOwner(lease, owner)
    return { acquired: mine, leaseNo: lease.leaseNo, heldBy: mine ? null : lease.owner }
  })
}

/** Gives the lease back; false when the owner does not hold it. */
export const releaseLease = async (db: Db, resource: string, owner: LeaseOwner): Promise<boolean> =>
  matched(
    await db
      .update(operationLeases)
      .set({ owner_workflow_id: null, owner_run_id: null, acquired_at: null })
      .where(
        and(
          eq(operationLeases.resource, resource),
          eq(operationLeases.owner_workflow_id, owner.workflowId),
          eq(operationLeases.owner_run_id, owner.runId),
        ),
      ),
  ) === 1

/** All leases that are held, in the order of their resources. */
export const listLeases = async (db: Db): Promise<Lease[]> => {
  const rows = await db
    .select()
    .from(operationLeases)
    .where(isNotNull(operationLeases.owner_workflow_id))
    .orderBy(operationLeases.resource)
  return rows.flatMap((row) => held(row) ?? [])
}

// Outside of the transaction: an insert that meets an existing row keeps a shared lock on it, and two that then
// want to write would deadlock.
const ensureRow = async (db: Db, resource: string): Promise<void> => {
  const known = await db
    .select({ lease_no: operationLeases.lease_no })
    .from(operationLeases)
    .where(eq(operationLeases.resource, resource))
  if (known.length > 0) return
  await db
    .insert(operationLeases)
    .values({ resource, lease_no: 0 })
    .onDuplicateKeyUpdate({ set: { resource: sql`resource` } })
}

const lockedRow = async (tx: Db, resource: string): Promise<Row> => {
  const [row] = await tx
    .select()
    .from(operationLeases)
    .where(eq(operationLeases.resource, resource))
    .for('update')
  if (row === undefined) throw new Error(`the lease row of ${resource} was made and is not there`)
  return row
}

const grant = async (tx: Db, row: Row, owner: LeaseOwner): Promise<Acquisition> => {
  const leaseNo = row.lease_no + 1
  await tx
    .update(operationLeases)
    .set({
      owner_workflow_id: owner.workflowId,
      owner_run_id: owner.runId,
      lease_no: leaseNo,
      acquired_at: new Date().toISOString(),
    })
    .where(eq(operationLeases.resource, row.resource))
  return { acquired: true, leaseNo, heldBy: null }
}
