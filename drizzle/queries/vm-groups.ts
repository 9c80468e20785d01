import { eq, sql } from 'drizzle-orm'
import type { GroupMembership, VmGroup } from '../../domain/vm-group.js'
import type { Db } from '../open.js'
import { vmGroupMemberships } from '../schema/vm-group-memberships.js'
import { vmGroups } from '../schema/vm-groups.js'

/** Throws `isDuplicate` when the name is taken. */
export const insertGroup = async (db: Db, group: VmGroup): Promise<void> => {
  await db.insert(vmGroups).values(group)
}

export const groupById = async (db: Db, id: string): Promise<VmGroup | undefined> => {
  const [row] = await db.select().from(vmGroups).where(eq(vmGroups.id, id))
  return row
}

/** Who is a member already gets the new priority and state. Throws `isReferredTo` for an unknown group or VM. */
export const putMembers = async (db: Db, members: readonly GroupMembership[]): Promise<void> => {
  if (members.length === 0) return
  await db
    .insert(vmGroupMemberships)
    .values([...members])
    .onDuplicateKeyUpdate({ set: { priority: sql`values(priority)`, enabled: sql`values(enabled)` } })
}

export const membersOf = (db: Db, groupId: string): Promise<GroupMembership[]> =>
  db.select().from(vmGroupMemberships).where(eq(vmGroupMemberships.group_id, groupId))
