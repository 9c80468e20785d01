import { randomBytes } from 'node:crypto'
import { eq } from 'drizzle-orm'
import { defaultFlowSettings } from '../../domain/flow.js'
import type { Policy } from '../../domain/policy.js'
import type { Schedule } from '../../domain/schedule.js'
import type { GroupRules } from '../../domain/vm-group.js'
import type { Db } from '../open.js'
import { insertFlow } from '../queries/flows.js'
import type { NewFlow } from '../queries/flows.js'
import { insertPolicy } from '../queries/policies.js'
import { insertSchedule } from '../queries/schedules.js'
import { insertGroup, putMembers } from '../queries/vm-groups.js'
import { protectionFlows } from '../schema/protection-flows.js'

const unique = (): string => randomBytes(5).toString('hex')

/** Returns the new policy's id; it keeps all points unless `change` says else. */
export const addPolicy = (db: Db, change: Partial<Omit<Policy, 'id'>> = {}): Promise<number> => {
  const now = new Date().toISOString()
  return insertPolicy(db, {
    name: `policy ${unique()}`,
    description: null,
    ...{ keep_points: 0, keep_days: 0, keep_daily: 0, keep_weekly: 0, keep_monthly: 0, keep_yearly: 0 },
    three_two_one: null,
    copy_rules: [],
    created_by: 'operator',
    created_at: now,
    updated_at: now,
    ...change,
  })
}

type FlowRow = Pick<NewFlow, 'target_id' | 'repository_id'> & Partial<NewFlow>

/** Returns the new flow's id; of a VM, enabled, without schedule and policy unless `flow` says else. */
export const addFlow = async (db: Db, flow: FlowRow): Promise<string> => {
  const id = flow.id ?? `flow-${unique()}`
  const now = new Date().toISOString()
  await insertFlow(db, {
    ...defaultFlowSettings,
    id,
    name: `flow ${unique()}`,
    description: null,
    flow_type: 'backup',
    target_type: 'vm',
    policy_id: null,
    destination_type: null,
    destination_config: null,
    schedule_id: null,
    enabled: true,
    next_execution_time: null,
    rung_until: null,
    created_by: 'operator',
    created_at: now,
    updated_at: now,
    ...flow,
  })
  return id
}

/** As a person deletes it: its row stays. */
export const deleteFlow = async (db: Db, id: string): Promise<void> => {
  const deleted_at = new Date().toISOString()
  await db.update(protectionFlows).set({ deleted_at }).where(eq(protectionFlows.id, id))
}

/** Returns the new group's id. */
export const addGroup = async (
  db: Db,
  vmContextIds: readonly string[],
  rules: GroupRules | null = null,
): Promise<string> => {
  const id = `grp-${unique()}`
  const now = new Date().toISOString()
  await insertGroup(db, {
    ...{ id, name: `group ${id}`, description: null, priority: 50, max_concurrent_vms: 2, rules },
    ...{ created_by: 'operator', created_at: now, updated_at: now },
  })
  await putMembers(
    db,
    vmContextIds.map((vm_context_id) => ({
      ...{ group_id: id, vm_context_id, priority: 50, enabled: true, added_at: now },
    })),
  )
  return id
}

/** Returns the new schedule's id. */
export const addSchedule = async (db: Db, change: Partial<Schedule> = {}): Promise<string> => {
  const id = `sched-${unique()}`
  const now = new Date().toISOString()
  await insertSchedule(db, {
    ...{ id, name: `schedule ${id}`, description: null, cron_expression: '0 * * * *', timezone: 'UTC' },
    ...{ jitter_seconds: 0, enabled: true, created_by: 'operator', created_at: now, updated_at: now },
    ...change,
  })
  return id
}
