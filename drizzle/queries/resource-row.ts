import { eq, sql } from 'drizzle-orm'
import type { Db } from '../open.js'
import { operationLeases } from '../schema/operation-leases.js'

/** A resource's one row: its lock says who may change holders, places and the line of this resource. */
export type ResourceRow = typeof operationLeases.$inferSelect

/**
 * Makes sure that the row is there. Outside of the transaction that locks it: an insert that meets an existing row
 * keeps a shared lock on it, and two that then want to write would deadlock.
 */
export const ensureResourceRow = async (db: Db, resource: string): Promise<void> => {
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

/** Locks the row until the transaction ends. Who locks several does so in the order of their names. */
export const lockResourceRow = async (tx: Db, resource: string): Promise<ResourceRow> => {
  const [row] = await tx
    .select()
    .from(operationLeases)
    .where(eq(operationLeases.resource, resource))
    .for('update')
  if (row === undefined) throw new Error(`the lease row of ${resource} was made and is not there`)
  return row
}
