import { randomBytes } from 'node:crypto'
import { defaultFlowSettings } from '../../domain/flow.js'
import { workflowIds } from '../../domain/rules/names.js'
import type { Schedule } from '../../domain/schedule.js'
import type { Db } from '../../drizzle/open.js'
import { insertFlow } from '../../drizzle/queries/flows.js'
import type { NewFlow } from '../../drizzle/queries/flows.js'
import { insertPolicy } from '../../drizzle/queries/policies.js'
import { insertSchedule } from '../../drizzle/queries/schedules.js'
import { insertGroup } from '../../drizzle/queries/vm-groups.js'
import { listFlowIds } from '../../drizzle/testing/execution-rows.js'
import { openTestDatabase } from '../../drizzle/testing/database.js'
import { registerVm } from '../../drizzle/testing/samples.js'
import type { RegisteredVm } from '../../drizzle/testing/samples.js'
import { temporalAddressOf } from './environment.js'
import { aUser, openTestApi } from './test-api.js'
import type { Answer, TestApi } from './test-api.js'

export const unique = (): string => randomBytes(4).toString('hex')
const stamps = { created_by: 'operator', created_at: '2026-05-01T12:00:00.000Z' } as const
const named = () => ({
  ...stamps,
  updated_at: stamps.created_at,
  name: `name ${unique()}`,
  description: null,
})

/** The door with an operator, a VM and its repository, and what flows refer to. */
export interface FlowLab extends AsyncDisposable {
  readonly api: TestApi
  readonly db: Db
  readonly url: string
  readonly vm: RegisteredVm
  readonly call: (
    method: string,
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
  ) => Promise<Answer>
  /** A request for a backup flow of the VM. */
  readonly wanted: (change?: object) => Record<string, unknown>
  /** Makes it through the door; returns its id. */
  readonly flow: (change?: object) => Promise<string>
  readonly schedule: (change?: Partial<Schedule>) => Promise<Schedule>
  readonly group: () => Promise<string>
  readonly policy: () => Promise<number>
}

export async function openFlowLab(environment: NodeJS.ProcessEnv): Promise<FlowLab> {
  const { database, url, ...opened } = await openTestDatabase()
  const api = await openTestApi({ database, temporalAddress: temporalAddressOf(environment) })
  const { db } = database
  const { token } = await aUser(api.context, 'operator')
  const vm = await registerVm(db)
  const call: FlowLab['call'] = (method, path, body, headers = {}) =>
    api.call(method, path, { token, body, headers })
  const wanted: FlowLab['wanted'] = (change = {}) => ({
    name: `flow ${unique()}`,
    flow_type: 'backup',
    target_type: 'vm',
    target_id: vm.context.id,
    repository_id: vm.repositoryId,
    ...change,
  })
  return {
    api,
    db,
    url,
    vm,
    call,
    wanted,
    flow: async (change) => {
      const { status, body, text } = await call('POST', '/protection-flows', wanted(change))
      if (status !== 201) throw new Error(text)
      return String(body['id'])
    },
    schedule: (change) => makeSchedule(db, change),
    group: async () => {
      const id = `grp-${unique()}`
      await insertGroup(db, { ...named(), id, priority: 50, max_concurrent_vms: 2, rules: null })
      return id
    },
    policy: () => insertPolicy(db, { ...named(), ...keepsNothing, three_two_one: null, copy_rules: [] }),
    [Symbol.asyncDispose]: async () => {
      await endWorkflows(api, db)
      await api[Symbol.asyncDispose]()
      await opened[Symbol.asyncDispose]()
    },
  }
}

const keepsNothing = {
  keep_points: 0,
  keep_days: 0,
  keep_daily: 0,
  keep_weekly: 0,
  keep_monthly: 0,
  keep_yearly: 0,
}

async function makeSchedule(db: Db, change: Partial<Schedule> = {}): Promise<Schedule> {
  const schedule: Schedule = {
    ...named(),
    id: `sched-${unique()}`,
    cron_expression: '0 2 * * *',
    timezone: 'UTC',
    jitter_seconds: 0,
    enabled: true,
    ...change,
  }
  await insertSchedule(db, schedule)
  return schedule
}

/** A row of a flow that nobody made through the door. */
export const flowRow = async (lab: FlowLab, change: Partial<NewFlow> = {}): Promise<string> => {
  const id = `flow-${unique()}`
  await insertFlow(lab.db, {
    ...defaultFlowSettings,
    ...named(),
    id,
    flow_type: 'backup',
    target_type: 'vm',
    target_id: lab.vm.context.id,
    repository_id: lab.vm.repositoryId,
    policy_id: null,
    destination_type: null,
    destination_config: null,
    schedule_id: null,
    enabled: true,
    next_execution_time: null,
    rung_until: null,
    ...change,
  })
  return change.id ?? id
}

// Nobody serves them here, and the Temporal server outlives the test.
async function endWorkflows({ context: { temporal } }: TestApi, db: Db): Promise<void> {
  const flows = await listFlowIds(db)
  const ids = flows.flatMap((id) => [workflowIds.flowSync(id), workflowIds.flow(id)])
  for (const id of ids)
    await temporal.workflow
      .getHandle(id)
      .terminate()
      .catch(() => undefined)
}
