import { setImmediate } from 'node:timers/promises'
import { inArray } from 'drizzle-orm'
import { groupMembers } from '../../domain/rules/group-members.js'
import type { GroupVm } from '../../domain/rules/group-members.js'
import type { Db } from '../open.js'
import { vmGroupMemberships } from '../schema/vm-group-memberships.js'
import { vmGroups } from '../schema/vm-groups.js'
import { vmReplicationContexts } from '../schema/vm-replication-contexts.js'
import { groupedBy } from './grouped.js'
import type { Target } from './targets.js'

/** The ids of the VMs that a target takes now; targets of one group share one set. */
export type VmsOfTarget = (target: Target) => ReadonlySet<string>

/** As `resolveTarget` for many targets at once: three statements, however many targets and VMs. */
export const vmsOfTargets = async (db: Db, targets: readonly Target[]): Promise<VmsOfTarget> => {
  const groupIds = [...new Set(targets.filter(isGroup).map(({ target_id }) => target_id))]
  const groups = await vmsOfGroups(db, groupIds)
  const none: ReadonlySet<string> = new Set()
  return (target) => (isGroup(target) ? (groups.get(target.target_id) ?? none) : new Set([target.target_id]))
}

const isGroup = ({ target_type }: Target): boolean => target_type === 'group'

const vmsOfGroups = async (db: Db, ids: readonly string[]): Promise<Map<string, ReadonlySet<string>>> => {
  const found = new Map<string, ReadonlySet<string>>()
  if (ids.length === 0) return found
  const groups = await db
    .select({ id: vmGroups.id, rules: vmGroups.rules })
    .from(vmGroups)
    .where(inArray(vmGroups.id, [...ids]))
  const memberships = groupedBy(
    await db
      .select()
      .from(vmGroupMemberships)
      .where(inArray(vmGroupMemberships.group_id, [...ids])),
    ({ group_id }) => group_id,
  )
  const contexts = await contextsToMatch(db)
  const byId = new Map(contexts.map((context) => [context.id, context]))
  for (const { id, rules } of groups) {
    const members = memberships.get(id) ?? []
    const mayBelong = rules === null ? members.flatMap((one) => byId.get(one.vm_context_id) ?? []) : contexts
    const { vms } = groupMembers({ rules, members }, mayBelong)
    found.set(id, new Set(vms.map(({ context }) => context.id)))
    // Many groups' patterns on many VMs take a while, and others want to be answered meanwhile.
    if (rules !== null) await setImmediate()
  }
  return found
}

const contextsToMatch = (db: Db): Promise<GroupVm[]> =>
  db
    .select({
      id: vmReplicationContexts.id,
      platform_id: vmReplicationContexts.platform_id,
      vm_name: vmReplicationContexts.vm_name,
      vm_path: vmReplicationContexts.vm_path,
      power_state: vmReplicationContexts.power_state,
    })
    .from(vmReplicationContexts)
