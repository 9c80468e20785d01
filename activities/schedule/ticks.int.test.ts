import { setTimeout as sleep } from 'node:timers/promises'
import { workflowIds } from '../../domain/rules/names.js'
import { noticeId } from '../../domain/rules/notices.js'
import { isDuplicate } from '../../drizzle/errors.js'
import { scheduledFlowById } from '../../drizzle/queries/flow-schedules.js'
import { insertDecisions } from '../../drizzle/queries/schedule-executions.js'
import { decisionsOf, executionsOf } from '../../drizzle/testing/flow-edits.js'
import { openScheduleLab } from './testing/schedule-lab.js'
import type { ScheduleLab } from './testing/schedule-lab.js'

jest.setTimeout(180_000)

let lab: ScheduleLab
beforeAll(async () => {
  lab = await openScheduleLab(process.env)
}, 300_000)
beforeEach(() => lab.setNow(null))
afterAll(() => lab?.[Symbol.asyncDispose]())

const decisions = (flowId: string) => decisionsOf(lab.db, flowId)
const executions = (flowId: string) => executionsOf(lab.db, flowId)
const wasRun = (flowId: string): Promise<boolean> =>
  lab.client.workflow
    .getHandle(workflowIds.flow(flowId))
    .describe()
    .then(
      () => true,
      () => false,
    )
const hour = (n: number): Date => new Date(Date.UTC(2026, 10, 20, n))
const table = async (flowId: string) =>
  (await decisions(flowId)).map(({ nominal_time: at, status }) => `${at.slice(11, 16)} ${status}`)

test('one due time that rings twice at the same moment, and once more, is decided once', async () => {
  const flowId = await lab.addFlow(await lab.addSchedule(), { rung_until: hour(1).toISOString() })
  lab.setNow(new Date(hour(2).getTime() + 3000))
  const [first, second] = await Promise.all([lab.tick(flowId, hour(2)), lab.tick(flowId, hour(2))])
  expect(second).toEqual(first)
  expect(await lab.tick(flowId, hour(2))).toEqual(first)
  expect(await table(flowId)).toEqual(['02:00 started'])
  const [execution, ...more] = await executions(flowId)
  expect(more).toEqual([])
  expect(execution).toMatchObject({
    status: 'pending',
    execution_type: 'scheduled',
    nominal_time: hour(2).toISOString(),
    triggered_by: 'schedule',
    schedule_execution_id: (await decisions(flowId))[0]?.id,
  })
  expect(first).toEqual({ status: 'started', reason: null, executionId: execution?.id })
  expect(await wasRun(flowId)).toBe(true)
  const { flow } = (await scheduledFlowById(lab.db, flowId)) ?? {}
  expect(flow).toMatchObject({
    rung_until: hour(2).toISOString(),
    next_execution_time: hour(3).toISOString(),
  })
})

test('after a tick the next run is one that the window lets run', async () => {
  const flowId = await lab.addFlow(await lab.addSchedule(), {
    rung_until: hour(1).toISOString(),
    ...{ window_start: '06:00', window_end: '08:00' },
  })
  lab.setNow(new Date(hour(2).getTime() + 3000))
  expect(await lab.tick(flowId, hour(2))).toMatchObject({ status: 'skipped' })
  const next = async () => (await scheduledFlowById(lab.db, flowId))?.flow.next_execution_time
  expect(await next()).toBe(hour(6).toISOString())
})

test('many ticks of one due time at the same moment give one row, without a failure', async () => {
  const flowId = await lab.addFlow(await lab.addSchedule(), { rung_until: hour(1).toISOString() })
  lab.setNow(new Date(hour(2).getTime() + 3000))
  const answers = await Promise.all(Array.from({ length: 12 }, () => lab.tick(flowId, hour(2))))
  expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1)
  expect(await executions(flowId)).toHaveLength(1)
})

test('two due times that ring at the same moment see each other: one begins, the other finds it open', async () => {
  const minutely = await lab.addSchedule({ cron_expression: '* * * * *' })
  const flows = await Promise.all(
    Array.from({ length: 10 }, () => lab.addFlow(minutely, { rung_until: hour(1).toISOString() })),
  )
  const [earlier, later] = [new Date(hour(1).getTime() + 60_000), new Date(hour(1).getTime() + 120_000)]
  lab.setNow(new Date(later.getTime() + 1000))
  await Promise.all(flows.flatMap((id) => [lab.tick(id, earlier), lab.tick(id, later)]))
  for (const flowId of flows) {
    expect((await decisions(flowId)).map(({ status }) => status).sort()).toEqual(['skipped', 'started'])
    expect(await executions(flowId)).toHaveLength(1)
  }
})

test('the database keeps one decision about a due time, whoever writes', async () => {
  const flowId = await lab.addFlow(await lab.addSchedule(), { rung_until: hour(1).toISOString() })
  lab.setNow(new Date(hour(2).getTime() + 3000))
  await lab.tick(flowId, hour(2))
  const again = (await decisions(flowId)).map((row) => ({ ...row, id: `${row.id}-again` }))
  const refused = await insertDecisions(lab.db, again).catch((error: unknown) => error)
  expect(isDuplicate(refused)).toBe(true)
})

/** What the webhook hears of a flow: the same event told twice is heard once. */
const toldOf = async (flowId: string) => {
  const events = lab.noticed.filter((event) => event.flowId === flowId)
  const heard = new Map(events.map((event) => [noticeId(event), event]))
  return [...heard.values()].map(({ flowId: _, kind: __, ...event }) => event)
}

// Down from 02:30 to 06:10: the rings of 03:00 to 06:00 come at once, in any order.
const burst = async (flowId: string, order: readonly number[], atOnce: boolean) => {
  lab.setNow(new Date(hour(6).getTime() + 600_000))
  if (atOnce) await Promise.all(order.map((n) => lab.tick(flowId, hour(n))))
  else for (const n of order) await lab.tick(flowId, hour(n))
}

const policies = [
  {
    policy: 'run_once',
    limit: 1440,
    becomes: ['03:00 missed', '04:00 missed', '05:00 missed', '06:00 started'],
  },
  {
    policy: 'run_all',
    limit: 1440,
    becomes: ['03:00 started', '04:00 queued', '05:00 queued', '06:00 queued'],
  },
  {
    policy: 'run_all',
    limit: 75,
    becomes: ['03:00 missed', '04:00 missed', '05:00 started', '06:00 queued'],
  },
  { policy: 'skip', limit: 1440, becomes: ['03:00 missed', '04:00 missed', '05:00 missed', '06:00 missed'] },
  {
    policy: 'run_once',
    limit: 5,
    becomes: ['03:00 missed', '04:00 missed', '05:00 missed', '06:00 missed'],
  },
] as const
const orders = [
  { order: [3, 4, 5, 6], atOnce: false },
  { order: [6, 4, 5, 3], atOnce: false },
  { order: [4, 6, 3, 5], atOnce: true },
  // The others were dropped by Temporal.
  { order: [5], atOnce: false },
]

test.each(policies.flatMap((policy) => orders.map((order) => ({ ...policy, ...order }))))(
  'down across four due times: $policy within $limit min, rings $order, at once: $atOnce',
  async ({ policy, limit, becomes, order, atOnce }) => {
    const flowId = await lab.addFlow(await lab.addSchedule(), {
      missed_run_policy: policy,
      catchup_limit_minutes: limit,
      rung_until: hour(2).toISOString(),
    })
    await burst(flowId, order, atOnce)
    expect(await table(flowId)).toEqual(becomes)
    const runs = becomes.filter((one) => /started|queued/.test(one))
    expect((await executions(flowId)).map(({ nominal_time: at }) => at?.slice(11, 16))).toEqual(
      runs.map((one) => one.slice(0, 5)),
    )
    expect(await wasRun(flowId)).toBe(runs.length > 0)
    expect((await decisions(flowId)).every(({ reason }) => reason !== null)).toBe(true)
    const missed = (await decisions(flowId)).filter(({ status }) => status === 'missed')
    expect(await toldOf(flowId)).toEqual(
      missed.length === 0
        ? []
        : [{ nominalTime: missed.at(-1)?.nominal_time, count: missed.length, reason: missed.at(-1)?.reason }],
    )
  },
)

test('a tick that is tried again tells the run of an execution that still waits', async () => {
  const flowId = await lab.addFlow(await lab.addSchedule(), { rung_until: hour(1).toISOString() })
  lab.setNow(new Date(hour(2).getTime() + 3000))
  await lab.tick(flowId, hour(2))
  const before = lab.started.filter((id) => id === flowId).length
  for (let tries = 0; lab.started.filter((id) => id === flowId).length === before && tries < 20; tries++) {
    await lab.tick(flowId, hour(2))
    await sleep(200)
  }
  expect(lab.started.filter((id) => id === flowId).length).toBeGreaterThan(before)
})

test('the ring of a flow that is gone is no failure', async () => {
  expect(await lab.tick('flow-never-was', hour(2))).toMatchObject({ status: 'skipped' })
})
