import { and, asc, count, desc, eq, inArray } from 'drizzle-orm'
import type { GroupMembership } from '../../domain/vm-group.js'
import { matched } from '../open.js'
import type { Db } from '../open.js'
import { vmGroupMemberships } from '../schema/vm-group-memberships.js'
import { vmReplicationContexts } from '../schema/vm-replication-contexts.js'

const members = vmGroupMemberships
const contexts = vmReplicationContexts

/** A membership and what its line shows of the VM. */
export type NamedMember = GroupMembership & { readonly vm_name: string; readonly power_state: string }

const named = (db: Db) =>
  db
    .select({
      group_id: members.group_id,
      vm_context_id: members.vm_context_id,
      priority: members.priority,
      enabled: members.enabled,
      added_at: members.added_at,
      vm_name: contexts.vm_name,
      power_state: contexts.power_state,
    })
    .from(members)
    .innerJoin(contexts, eq(contexts.id, members.vm_context_id))

/** Higher priority first, then by name. */
export const namedMembersOf = (db: Db, groupId: string): Promise<NamedMember[]> =>
  named(db)
    .where(eq(members.group_id, groupId))
    .orderBy(desc(members.priority), asc(contexts.vm_name), asc(contexts.id))

const isMember = (groupId: string, contextId: string) =>
  and(eq(members.group_id, groupId), eq(members.vm_context_id, contextId))

export const namedMember = async (
  db: Db,
  groupId: string,
  contextId: string,
): Promise<NamedMember | undefined> => {
  const [row] = await named(db).where(isMember(groupId, contextId))
  return row
}

export type MembershipPatch = {
  readonly [Key in 'priority' | 'enabled']?: GroupMembership[Key] | undefined
}

/** Changes what is given; nothing where the VM is no member. */
export const updateMember = async (
  db: Db,
  groupId: string,
  contextId: string,
  patch: MembershipPatch,
): Promise<void> => {
  if (patch.priority === undefined && patch.enabled === undefined) return
  await db.update(members).set(patch).where(isMember(groupId, contextId))
}

/** False when the VM was no member. */
export const deleteMember = async (db: Db, groupId: string, contextId: string): Promise<boolean> =>
  matched(await db.delete(members).where(isMember(groupId, contextId))) === 1

/** How many members by hand each group has; those without any are absent. */
export const membersPerGroup = async (db: Db, groupIds: string[]): Promise<Map<string, number>> => {
  if (groupIds.length === 0) return new Map()
  const rows = await db
    .select({ id: members.group_id, members: count() })
    .from(members)
    .where(inArray(members.group_id, groupIds))
    .groupBy(members.group_id)
  return new Map(rows.map((row) => [row.id, row.members]))
}

/** Those of the ids that no VM context has. */
export const unknownContexts = async (db: Db, ids: readonly string[]): Promise<string[]> => {
  if (ids.length === 0) return []
  const rows = await db
    .select({ id: contexts.id })
    .from(contexts)
    .where(inArray(contexts.id, [...ids]))
  const known = new Set(rows.map((row) => row.id))
  return ids.filter((id) => !known.has(id))
}
