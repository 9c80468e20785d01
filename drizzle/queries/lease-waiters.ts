import { and, asc, eq, inArray, min, notInArray } from 'drizzle-orm'
import type { Db } from '../open.js'
import { operationLeaseWaiters as waiters } from '../schema/operation-lease-waiters.js'
import { isSameOwner, ownerColumns } from './lease-owner.js'
import type { LeaseOwner } from './lease-owner.js'

/** One that stands in a resource's line. */
export interface Waiter {
  readonly resource: string
  readonly owner: LeaseOwner
  /** Lower goes first. */
  readonly ticket: number
}

const isOwnedBy = (owner: LeaseOwner) =>
  and(eq(waiters.owner_workflow_id, owner.workflowId), eq(waiters.owner_run_id, owner.runId))

/** The line of a resource that is wanted alone, who came first standing first. */
export const lineOf = async (db: Db, resource: string): Promise<Waiter[]> => {
  const rows = await db
    .select()
    .from(waiters)
    .where(eq(waiters.resource, resource))
    .orderBy(asc(waiters.position))
  return rows.map(waiterOf)
}

/**
 * The lines of resources that are wanted together. Who stands in several has one ticket for all of them, that of the
 * moment in which it began to wait: two that meet in several lines never wait for each other.
 */
export const linesOf = async (db: Db, resources: readonly string[]): Promise<Waiter[]> => {
  if (resources.length === 0) return []
  const rows = await db
    .select()
    .from(waiters)
    .where(inArray(waiters.resource, [...resources]))
  if (rows.length === 0) return []
  const tickets = await ticketsOf(db, [...new Set(rows.map((row) => row.owner_workflow_id))])
  return rows
    .map(waiterOf)
    .map((waiter) => ({ ...waiter, ticket: tickets.get(keyOf(waiter.owner)) ?? waiter.ticket }))
    .sort((one, other) => one.ticket - other.ticket)
}

const waiterOf = (row: typeof waiters.$inferSelect): Waiter => ({
  resource: row.resource,
  owner: { workflowId: row.owner_workflow_id, runId: row.owner_run_id },
  ticket: row.position,
})

const keyOf = ({ workflowId, runId }: LeaseOwner): string => `${workflowId}/${runId}`

const ticketsOf = async (db: Db, workflowIds: string[]): Promise<Map<string, number>> => {
  const rows = await db
    .select({
      workflowId: waiters.owner_workflow_id,
      runId: waiters.owner_run_id,
      ticket: min(waiters.position),
    })
    .from(waiters)
    .where(inArray(waiters.owner_workflow_id, workflowIds))
    .groupBy(waiters.owner_workflow_id, waiters.owner_run_id)
  return new Map(rows.map((row) => [keyOf(row), Number(row.ticket)]))
}

/** Who goes before this owner in this line: all that stand in it, where it does not wait yet. */
export const aheadOf = (lines: readonly Waiter[], resource: string, owner: LeaseOwner): LeaseOwner[] => {
  const mine = lines.find((waiter) => isSameOwner(waiter.owner, owner))?.ticket ?? Infinity
  return lines
    .filter((waiter) => waiter.resource === resource && waiter.ticket < mine)
    .map((waiter) => waiter.owner)
}

/** Stands at the end of a line, or where it stands already. The caller has locked the resource's row. */
export const standInLine = async (tx: Db, resource: string, owner: LeaseOwner): Promise<void> => {
  const [standing] = await tx
    .select({ position: waiters.position })
    .from(waiters)
    .where(and(eq(waiters.resource, resource), isOwnedBy(owner)))
  if (standing !== undefined) return
  await tx.insert(waiters).values({ resource, ...ownerColumns(owner), since: new Date().toISOString() })
}

/** Leaves one line; nothing where it does not stand in it. */
export const leaveLine = async (db: Db, resource: string, owner: LeaseOwner): Promise<void> => {
  await db.delete(waiters).where(and(eq(waiters.resource, resource), isOwnedBy(owner)))
}

/** Leaves every line, save those of `staysIn`. */
export const leaveLines = async (
  db: Db,
  owner: LeaseOwner,
  staysIn: readonly string[] = [],
): Promise<void> => {
  const others = staysIn.length === 0 ? undefined : notInArray(waiters.resource, [...staysIn])
  await db.delete(waiters).where(and(isOwnedBy(owner), others))
}

/** Everyone who waits for anything, each once, in the order of their coming. */
export const listWaiters = async (db: Db): Promise<LeaseOwner[]> => {
  const first = min(waiters.position)
  return await db
    .select({ workflowId: waiters.owner_workflow_id, runId: waiters.owner_run_id })
    .from(waiters)
    .groupBy(waiters.owner_workflow_id, waiters.owner_run_id)
    .orderBy(asc(first))
}
