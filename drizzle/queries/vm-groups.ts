import { eq, sql } from 'drizzle-orm'
import type { GroupMembership, VmGroup } from '../../domain/vm-group.js'
import { inTransaction, matched } from '../open.js'
import type { Db } from '../open.js'
import { vmGroupMemberships } from '../schema/vm-group-memberships.js'
import { vmGroups } from '../schema/vm-groups.js'
import { flowsOfGroup } from './live-flows.js'
import { pageOf } from './paging.js'
import type { Page, Paged } from './paging.js'

/** Throws `isDuplicate` when the name is taken. */
export const insertGroup = async (db: Db, group: VmGroup): Promise<void> => {
  await db.insert(vmGroups).values(group)
}

export const groupById = async (db: Db, id: string): Promise<VmGroup | undefined> => {
  const [row] = await db.select().from(vmGroups).where(eq(vmGroups.id, id))
  return row
}

/**
 * The same row, held until the transaction ends: who binds a flow to a group, or adds members, and who deletes it wait
 * for each other here.
 */
export const lockGroup = async (tx: Db, id: string): Promise<VmGroup | undefined> => {
  const [row] = await tx.select().from(vmGroups).where(eq(vmGroups.id, id)).for('update')
  return row
}

export const listGroups = (db: Db, page: Page): Promise<Paged<VmGroup>> =>
  pageOf<VmGroup>(db, {
    table: vmGroups,
    key: { createdAt: vmGroups.created_at, id: vmGroups.id },
    where: undefined,
    page,
    positionOf: (row) => [row.created_at, row.id],
    select: (where, orderBy, limit) =>
      db
        .select()
        .from(vmGroups)
        .where(where)
        .orderBy(...orderBy)
        .limit(limit),
  })

export type GroupPatch = {
  readonly [Key in 'name' | 'description' | 'priority' | 'max_concurrent_vms' | 'rules']?:
    VmGroup[Key] | undefined
}

/** Changes what is given; false when there is no such group. Throws `isDuplicate` when the new name is taken. */
export const updateGroup = async (db: Db, id: string, patch: GroupPatch, now: string): Promise<boolean> =>
  matched(
    await db
      .update(vmGroups)
      .set({ ...patch, updated_at: now })
      .where(eq(vmGroups.id, id)),
  ) === 1

/** Removes a group and its memberships; the names of the flows that protect it, where there are any, keep it. */
export const deleteGroup = (
  db: Db,
  id: string,
): Promise<'deleted' | 'not-found' | { readonly flows: string[] }> =>
  inTransaction(db, async (tx) => {
    if ((await lockGroup(tx, id)) === undefined) return 'not-found'
    const flows = await flowsOfGroup(tx, id)
    if (flows.length > 0) return { flows }
    await tx.delete(vmGroups).where(eq(vmGroups.id, id))
    return 'deleted'
  })

/** Who is a member already gets the new priority and state. Unknown groups and VMs break a key. */
export const putMembers = async (db: Db, members: readonly GroupMembership[]): Promise<void> => {
  if (members.length === 0) return
  await db
    .insert(vmGroupMemberships)
    .values([...members])
    .onDuplicateKeyUpdate({ set: { priority: sql`values(priority)`, enabled: sql`values(enabled)` } })
}

export const membersOf = (db: Db, groupId: string): Promise<GroupMembership[]> =>
  db.select().from(vmGroupMemberships).where(eq(vmGroupMemberships.group_id, groupId))
