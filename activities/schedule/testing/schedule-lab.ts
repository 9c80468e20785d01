import { randomBytes } from 'node:crypto'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Client } from '@temporalio/client'
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker'
import { defaultFlowSettings } from '../../../domain/flow.js'
import type { Flow } from '../../../domain/flow.js'
import type { NoticeEvent } from '../../../domain/notice.js'
import { queues, scheduleIds, workflowIds, workflowTypes } from '../../../domain/rules/names.js'
import type { Schedule } from '../../../domain/schedule.js'
import type { Db } from '../../../drizzle/open.js'
import { insertFlow } from '../../../drizzle/queries/flows.js'
import { insertSchedule } from '../../../drizzle/queries/schedules.js'
import { openTestDatabase } from '../../../drizzle/testing/database.js'
import { makeRepository } from '../../../drizzle/testing/samples.js'
import { checkTemporal } from '../../../worker/check-temporal.js'
import { readConfig } from '../../../worker/config.js'
import { queueWorkers } from '../../../worker/queue-workers.js'
import { connectTemporal } from '../../../worker/temporal.js'
import { quietRuntime } from '../../catalog/testing/run-lab.js'
import { toApplicationFailure } from '../../failure.js'
import { decideTick } from '../decide-tick.js'
import { reconcileSchedules } from '../reconcile.js'
import { syncFlow } from '../sync-flow.js'

/** Real schedules, ticks and syncs on a namespace of their own; of `run-flow` only that it was started is seen. */
export interface ScheduleLab extends AsyncDisposable {
  readonly db: Db
  readonly client: Client
  readonly dependencies: Parameters<typeof reconcileSchedules>[0]
  /** What the lab's steps take for now; real time by default. */
  setNow(now: Date | null): void
  addSchedule(change?: Partial<Schedule>): Promise<Schedule>
  addFlow(schedule: Schedule | null, change?: Partial<Flow>): Promise<string>
  /** Starts a tick as the server's scheduler does, for a due time. */
  tick(flowId: string, nominal: Date): Promise<unknown>
  /** Wakes `flow-sync` as the API does. */
  sync(flowId: string): Promise<void>
  /** The ids of flows whose run was started, oldest first. */
  readonly started: string[]
  /** What the webhook was to be told, in its order. */
  readonly noticed: NoticeEvent[]
  /** The next notice cannot be started, as when Temporal is away for a moment. */
  failNotice(): void
}

const unique = (): string => randomBytes(4).toString('hex')

const openNamespace = async (environment: NodeJS.ProcessEnv) => {
  quietRuntime()
  const config = readConfig({
    ...environment,
    TEMPORAL_NAMESPACE: `schedules-${unique()}`,
    SENDENSE_KEY_FILE: 'none',
    SENDENSE_RUN_DIR: 'none',
  })
  const connected = await connectTemporal(config)
  const { connection } = connected.client
  await connection.workflowService.registerNamespace({
    namespace: config.TEMPORAL_NAMESPACE,
    workflowExecutionRetentionPeriod: { seconds: 86_400 as never },
  })
  const isKnown = (): Promise<boolean> =>
    checkTemporal(connected.client)
      .catch((error: unknown) => error instanceof Error && /lacks/.test(error.message))
      .then((known) => known !== false)
  while (!(await isKnown())) await sleep(200)
  await connection.operatorService.addSearchAttributes({
    namespace: config.TEMPORAL_NAMESPACE,
    searchAttributes: Object.fromEntries(
      ['FlowId', 'ExecutionId', 'VmContextId', 'JobId', 'OpKind', 'OpState'].map((name) => [name, 2]),
    ) as never,
  })
  while (
    !(await checkTemporal(connected.client).then(
      () => true,
      () => false,
    ))
  )
    await sleep(200)
  return { config, ...connected }
}

export const openScheduleLab = async (environment: NodeJS.ProcessEnv): Promise<ScheduleLab> => {
  const opened = await openTestDatabase()
  const { db } = opened.database
  const { config, native, client, close } = await openNamespace(environment)
  const repositoryId = await makeRepository(db)
  const started: string[] = []
  let now: Date | null = null
  const noticed: NoticeEvent[] = []
  let failures = 0
  const notify = async (event: NoticeEvent): Promise<void> => {
    if (failures-- > 0) throw new Error('Temporal is away')
    noticed.push(event)
  }
  const dependencies = { db, client, lateSeconds: 90, now: () => now ?? new Date(), notify }
  const workers = queueWorkers({
    ...{ native, namespace: config.TEMPORAL_NAMESPACE, identity: 'test', interceptor: () => ({}) },
    failed: (_, error) => {
      throw error
    },
  })
  await workers.serve(queues.control, {
    activities: {
      ...named({
        decideTick: decideTick(dependencies),
        syncFlow: syncFlow(dependencies),
        reconcileSchedules: reconcileSchedules(dependencies),
      }),
      noteRun: async (flowId: string) => void started.push(flowId),
    },
    bundle: await bundleWorkflowCode({
      workflowsPath: path.resolve('activities/schedule/testing/workflows.ts'),
      logger: new DefaultLogger('ERROR'),
    }),
    slots: 40,
  })
  return {
    ...{ db, client, dependencies, started, noticed },
    setNow: (moment) => (now = moment),
    failNotice: () => (failures = 1),
    addSchedule: async (change) => {
      const schedule = newSchedule(change)
      await insertSchedule(db, schedule)
      return schedule
    },
    addFlow: async (schedule, change) => {
      const flow = newFlow(repositoryId, schedule?.id ?? null, change)
      await insertFlow(db, flow)
      return flow.id
    },
    tick: (flowId, nominal) =>
      client.workflow.execute(workflowTypes.flowTick, {
        workflowId: `${workflowIds.tick(flowId)}-${nominal.toISOString()}-${unique()}`,
        taskQueue: queues.control,
        args: [{ flowId }],
        searchAttributes: { TemporalScheduledStartTime: [nominal] },
      }),
    sync: async (flowId) => {
      await client.workflow.signalWithStart(workflowTypes.flowSync, {
        ...{ workflowId: workflowIds.flowSync(flowId), taskQueue: queues.control, args: [{ flowId }] },
        ...{ signal: 'wake', signalArgs: [] },
      })
    },
    [Symbol.asyncDispose]: async () => {
      await workers[Symbol.asyncDispose]()
      for await (const { scheduleId } of client.schedule.list())
        await client.schedule.getHandle(scheduleId).delete()
      await close()
      await opened[Symbol.asyncDispose]()
    },
  }
}

type Step = (input: never) => Promise<unknown>

/** Errors in the product's words, as the worker's interceptor does it. */
const named = (steps: Readonly<Record<string, Step>>) =>
  Object.fromEntries(
    Object.entries(steps).map(([name, step]) => [
      name,
      (input: never) =>
        step(input).catch((error: unknown) => {
          throw toApplicationFailure(error)
        }),
    ]),
  )

const newSchedule = (change: Partial<Schedule> = {}): Schedule => ({
  id: `sched-${unique()}`,
  name: `schedule ${unique()}`,
  description: null,
  cron_expression: '0 * * * *',
  timezone: 'UTC',
  jitter_seconds: 0,
  enabled: true,
  created_by: 'operator',
  created_at: '2026-01-01T00:00:00.000Z',
  updated_at: '2026-01-01T00:00:00.000Z',
  ...change,
})

const newFlow = (repositoryId: number, scheduleId: string | null, change: Partial<Flow> = {}) => ({
  ...defaultFlowSettings,
  id: `flow-${unique()}`,
  name: `flow ${unique()}`,
  description: null,
  flow_type: 'backup' as const,
  target_type: 'vm' as const,
  target_id: 'ctx-nobody',
  repository_id: repositoryId,
  policy_id: null,
  destination_type: null,
  destination_config: null,
  schedule_id: scheduleId,
  enabled: true,
  next_execution_time: null,
  rung_until: new Date().toISOString(),
  created_by: 'operator',
  created_at: new Date().toISOString(),
  updated_at: new Date().toISOString(),
  ...change,
})

export const scheduleOf = (lab: ScheduleLab, flowId: string) =>
  lab.client.schedule.getHandle(scheduleIds.flow(flowId)).describe()
