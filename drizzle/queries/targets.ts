import { and, eq, inArray, or, sql } from 'drizzle-orm'
import type { SQL } from 'drizzle-orm'
import type { Flow } from '../../domain/flow.js'
import { groupMembers, usualPriority } from '../../domain/rules/group-members.js'
import type { VmContext } from '../../domain/vm-context.js'
import type { GroupRules, VmGroup } from '../../domain/vm-group.js'
import type { Db } from '../open.js'
import { vmGroupMemberships } from '../schema/vm-group-memberships.js'
import { vmReplicationContexts } from '../schema/vm-replication-contexts.js'
import { contextById } from './vm-contexts.js'
import { groupById, membersOf } from './vm-groups.js'

/** A VM that a flow protects; `because`: how it came to, for people. */
export interface TargetVm {
  readonly context: VmContext
  readonly priority: number
  readonly because: string
}

export interface ResolvedTarget {
  /** Null where the target is a VM. */
  readonly group: VmGroup | null
  /** In the order in which a run begins them. */
  readonly vms: readonly TargetVm[]
  /** Named by a membership or a rule, and left out. */
  readonly leftOut: readonly Omit<TargetVm, 'priority'>[]
}

export type Target = Pick<Flow, 'target_type' | 'target_id'>

/** The VMs that a run of this target would take now; undefined where the VM or the group is gone. */
export const resolveTarget = async (db: Db, target: Target): Promise<ResolvedTarget | undefined> => {
  if (target.target_type === 'vm') {
    const context = await contextById(db, target.target_id)
    if (context === undefined) return undefined
    return { group: null, vms: [{ context, priority: usualPriority, because: 'the VM itself' }], leftOut: [] }
  }
  const group = await groupById(db, target.target_id)
  return group && { group, ...(await matchingVms(db, group.rules, group.id)) }
}

/** The same for rules that need not be saved, with the members of a group where one is given. Two statements. */
export const matchingVms = async (
  db: Db,
  rules: GroupRules | null,
  groupId: string | null,
): Promise<Omit<ResolvedTarget, 'group'>> => {
  const members = groupId === null ? [] : await membersOf(db, groupId)
  return groupMembers({ rules, members }, await candidates(db, rules, groupId))
}

const contexts = vmReplicationContexts

/** All that may belong: of the rules only what needs no pattern is asked of the database. */
const candidates = async (db: Db, rules: GroupRules | null, groupId: string | null): Promise<VmContext[]> => {
  const mayMatch = rules === null ? undefined : ruleBounds(rules)
  const isMember = groupId === null ? undefined : memberOf(db, groupId)
  if (mayMatch === undefined && isMember === undefined) return []
  return await db.select().from(contexts).where(or(mayMatch, isMember))
}

const ruleBounds = ({ platform_id, power_states }: GroupRules): SQL | undefined =>
  and(
    sql`true`,
    platform_id === null ? undefined : eq(contexts.platform_id, platform_id),
    power_states.length === 0 ? undefined : inArray(contexts.power_state, power_states),
  )

const memberOf = (db: Db, groupId: string): SQL =>
  inArray(
    contexts.id,
    db
      .select({ id: vmGroupMemberships.vm_context_id })
      .from(vmGroupMemberships)
      .where(eq(vmGroupMemberships.group_id, groupId)),
  )
