import type { VmGroup } from '../../domain/vm-group.js'
import type { Db } from '../../drizzle/open.js'
import { membersPerGroup } from '../../drizzle/queries/group-members.js'
import { flowsPerGroup } from '../../drizzle/queries/live-flows.js'
import type { ResolvedTarget } from '../../drizzle/queries/targets.js'
import type { GroupPreview, GroupView } from '../contract/machine-groups.js'

/** Groups with how many members and flows they have; two statements, however many groups. */
export async function toGroupViews(db: Db, groups: readonly VmGroup[]): Promise<GroupView[]> {
  const ids = groups.map((group) => group.id)
  const [members, flows] = await Promise.all([membersPerGroup(db, ids), flowsPerGroup(db, ids)])
  return groups.map((group) => withCounts(group, members, flows))
}

export async function groupView(db: Db, group: VmGroup): Promise<GroupView> {
  return withCounts(group, await membersPerGroup(db, [group.id]), await flowsPerGroup(db, [group.id]))
}

type Counts = ReadonlyMap<string, number>

const withCounts = (group: VmGroup, members: Counts, flows: Counts): GroupView => ({
  ...group,
  members: members.get(group.id) ?? 0,
  flows: flows.get(group.id) ?? 0,
})

export const toGroupPreview = ({ vms, leftOut }: Omit<ResolvedTarget, 'group'>): GroupPreview => ({
  vms: vms.map(({ context, priority, because }) => ({
    vm_context_id: context.id,
    vm_name: context.vm_name,
    vm_path: context.vm_path,
    power_state: context.power_state,
    priority,
    because,
  })),
  total: vms.length,
  left_out: leftOut.map(({ context, because }) => ({
    vm_context_id: context.id,
    vm_name: context.vm_name,
    because,
  })),
})
