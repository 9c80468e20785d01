import { Failure } from '../../domain/failure.js'
import { groupMembers } from '../../domain/rules/group-members.js'
import type { DiscoveredVm } from '../../domain/vm.js'
import type { GroupRules } from '../../domain/vm-group.js'
import type { Db } from '../../drizzle/open.js'
import { executionById } from '../../drizzle/queries/executions.js'
import { flowEvenDeleted } from '../../drizzle/queries/flows.js'
import { platformById } from '../../drizzle/queries/platforms.js'
import { upsertContext } from '../../drizzle/queries/vm-context-upsert.js'
import { instancesOf } from '../../drizzle/queries/vm-contexts.js'
import { groupById } from '../../drizzle/queries/vm-groups.js'
import type { PlatformConnections } from '../connections.js'
import type { CaptureSteps } from '../steps.js'

export interface RefreshDependencies {
  readonly db: Db
  readonly connections: PlatformConnections
  readonly now: () => Date
}

/**
 * Safe to run twice: what the platform tells of known VMs becomes ours, and VMs that the rules of the execution's
 * group take become contexts. Other VMs are left alone.
 */
export const refreshInventory =
  ({ db, connections, now }: RefreshDependencies): CaptureSteps['refreshInventory'] =>
  async ({ platformId, executionId }) => {
    const platform = await platformById(db, platformId)
    if (platform === undefined)
      throw new Failure('not-found', `There is no platform ${platformId}`, { retry: false })
    const rules = await rulesOf(db, executionId)
    const connection = await connections.to(platform)
    const vms = await connection.inventory.listVms({})
    const known = await instancesOf(db, platformId)
    const at = now().toISOString()
    let added = 0
    for (const vm of vms) {
      const isKnown = known.has(vm.id)
      if (!isKnown && !isTaken(rules, platformId, vm)) continue
      await upsertContext(db, platform, vm, at)
      if (!isKnown) added += 1
    }
    return { seen: vms.length, added }
  }

async function rulesOf(db: Db, executionId: string): Promise<GroupRules | null> {
  const execution = await executionById(db, executionId)
  const flow = execution && (await flowEvenDeleted(db, execution.flow_id))
  const group = flow?.target_type === 'group' ? await groupById(db, flow.target_id) : undefined
  return group?.rules ?? null
}

const isTaken = (rules: GroupRules | null, platformId: string, vm: DiscoveredVm): boolean =>
  groupMembers({ rules, members: [] }, [
    { id: '', platform_id: platformId, vm_name: vm.name, vm_path: vm.path, power_state: vm.power_state },
  ]).vms.length > 0
