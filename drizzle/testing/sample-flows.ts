import { randomBytes } from 'node:crypto'
import { defaultFlowSettings } from '../../domain/flow.js'
import type { Schedule, ScheduleExecution } from '../../domain/schedule.js'
import type { VmGroup } from '../../domain/vm-group.js'
import type { Db } from '../open.js'
import { insertFlow } from '../queries/flows.js'
import type { NewFlow } from '../queries/flows.js'
import { insertSchedule } from '../queries/schedules.js'
import { insertGroup } from '../queries/vm-groups.js'
import { scheduleExecutions } from '../schema/schedule-executions.js'

const made = '2026-05-01T12:00:00.000Z'
const unique = (): string => randomBytes(5).toString('hex')
const stamps = { created_by: 'operator', created_at: made, updated_at: made } as const

/** A flow of this target and repository that is enabled and has no schedule; returns its id. */
export const makeFlow = async (
  db: Db,
  of: Pick<NewFlow, 'target_type' | 'target_id' | 'repository_id'>,
  change: Partial<NewFlow> = {},
): Promise<string> => {
  const id = `flow-${unique()}`
  await insertFlow(db, {
    ...defaultFlowSettings,
    ...stamps,
    id,
    name: id,
    description: null,
    flow_type: 'backup',
    policy_id: null,
    destination_type: null,
    destination_config: null,
    schedule_id: null,
    enabled: true,
    next_execution_time: null,
    rung_until: null,
    ...of,
    ...change,
  })
  return change.id ?? id
}

/** Every night at two, UTC. */
export const makeSchedule = async (db: Db, change: Partial<Schedule> = {}): Promise<Schedule> => {
  const id = `sched-${unique()}`
  const schedule: Schedule = {
    ...stamps,
    id,
    name: id,
    description: null,
    cron_expression: '0 2 * * *',
    timezone: 'UTC',
    jitter_seconds: 0,
    enabled: true,
    ...change,
  }
  await insertSchedule(db, schedule)
  return schedule
}

/** A group without rules and members. */
export const makeGroup = async (db: Db, change: Partial<VmGroup> = {}): Promise<VmGroup> => {
  const id = `grp-${unique()}`
  const group: VmGroup = {
    ...stamps,
    id,
    name: id,
    description: null,
    priority: 50,
    max_concurrent_vms: 5,
    rules: null,
    ...change,
  }
  await insertGroup(db, group)
  return group
}

/** What became of due times, as ticks leave it. */
export const addScheduleExecutions = async (db: Db, rows: readonly ScheduleExecution[]): Promise<void> => {
  await db.insert(scheduleExecutions).values([...rows])
}
