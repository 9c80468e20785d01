import { and, asc, eq, inArray } from 'drizzle-orm'
import { inTransaction } from '../open.js'
import type { Db } from '../open.js'
import { operationSlots as slots } from '../schema/operation-slots.js'
import { isSameOwner, ownerColumns } from './lease-owner.js'
import type { LeaseOwner } from './lease-owner.js'
import { aheadOf, leaveLines, linesOf, standInLine } from './lease-waiters.js'
import { ensureResourceRow, lockResourceRow } from './resource-row.js'

export interface WantedSlot {
  readonly resource: string
  /** How many may hold a place of it at the same time. */
  readonly limit: number
}

export interface Slot {
  readonly resource: string
  readonly owner: LeaseOwner
  readonly acquiredAt: string
}

export type SlotAnswer =
  | { readonly taken: true }
  | {
      readonly taken: false
      /** The first of the wanted ones that has no place for this owner. */
      readonly full: WantedSlot
      readonly holders: readonly LeaseOwner[]
      /** Who goes before it there, the next one first; a place is kept for each. */
      readonly ahead: readonly LeaseOwner[]
    }

const isOwnedBy = (owner: LeaseOwner) =>
  and(eq(slots.owner_workflow_id, owner.workflowId), eq(slots.owner_run_id, owner.runId))

/**
 * Takes a place of each of these, all or none; asking again as their holder answers yes. Who must wait stands in the
 * lines of those it passed and of the first that is full, in the order given (put the narrowest first: only who has
 * got through there takes up room in the wider ones' lines). A place is kept for everyone who began to wait earlier
 * and stands in the same line, so that nobody is overtaken and nobody starves. Closed owners in the way are the
 * caller's to remove.
 */
export const tryTakeSlots = async (
  db: Db,
  owner: LeaseOwner,
  wanted: readonly WantedSlot[],
): Promise<SlotAnswer> => {
  const resources = [...new Set(wanted.map(({ resource }) => resource))].sort()
  for (const resource of resources) await ensureResourceRow(db, resource)
  return inTransaction(db, async (tx) => {
    for (const resource of resources) await lockResourceRow(tx, resource)
    const taken = await slotsOf(tx, resources)
    const mine = taken.filter((slot) => isSameOwner(slot.owner, owner))
    if (mine.length === resources.length) return { taken: true }
    const lines = await linesOf(tx, resources)
    const passed: string[] = []
    for (const want of wanted) {
      const holders = taken
        .filter(({ resource }) => resource === want.resource)
        .map((slot) => slot.owner)
        .filter((holder) => !isSameOwner(holder, owner))
      const ahead = aheadOf(lines, want.resource, owner)
      passed.push(want.resource)
      if (holders.length + ahead.length < want.limit) continue
      await waitIn(tx, owner, passed)
      return { taken: false, full: want, holders, ahead }
    }
    await take(tx, owner, resources)
    return { taken: true }
  })
}

/** Gives all places back and leaves every line. */
export const releaseSlots = (db: Db, owner: LeaseOwner): Promise<void> =>
  inTransaction(db, async (tx) => {
    await tx.delete(slots).where(isOwnedBy(owner))
    await leaveLines(tx, owner)
  })

/** All places that are taken, by resource and time. */
export const listSlots = async (db: Db): Promise<Slot[]> => {
  const rows = await db.select().from(slots).orderBy(asc(slots.resource), asc(slots.acquired_at))
  return rows.map(slotOf)
}

const slotsOf = async (tx: Db, resources: readonly string[]): Promise<Slot[]> => {
  if (resources.length === 0) return []
  const rows = await tx
    .select()
    .from(slots)
    .where(inArray(slots.resource, [...resources]))
    .orderBy(asc(slots.acquired_at), asc(slots.owner_workflow_id))
  return rows.map(slotOf)
}

const slotOf = (row: typeof slots.$inferSelect): Slot => ({
  resource: row.resource,
  owner: { workflowId: row.owner_workflow_id, runId: row.owner_run_id },
  acquiredAt: row.acquired_at,
})

// Who waits holds nothing, or two that wait could hold what the other one wants.
const waitIn = async (tx: Db, owner: LeaseOwner, lines: readonly string[]): Promise<void> => {
  await tx.delete(slots).where(isOwnedBy(owner))
  for (const resource of lines) await standInLine(tx, resource, owner)
  await leaveLines(tx, owner, lines)
}

const take = async (tx: Db, owner: LeaseOwner, resources: readonly string[]): Promise<void> => {
  const acquired_at = new Date().toISOString()
  await tx.delete(slots).where(isOwnedBy(owner))
  if (resources.length > 0)
    await tx
      .insert(slots)
      .values(resources.map((resource) => ({ resource, ...ownerColumns(owner), acquired_at })))
  await leaveLines(tx, owner)
}
