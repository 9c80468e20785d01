import { ScheduleNotFoundError, ScheduleOverlapPolicy } from '@temporalio/client'
import type { ScheduleDescription } from '@temporalio/client'
import { setTimeout as sleep } from 'node:timers/promises'
import { queues, scheduleIds, workflowIds, workflowTypes } from '../../domain/rules/names.js'
import type { ReconcileReport, Schedule } from '../../domain/schedule.js'
import { scheduledFlowById } from '../../drizzle/queries/flow-schedules.js'
import { readReconcileReport } from '../../drizzle/queries/reconcile-report.js'
import { installationId } from '../../drizzle/queries/settings.js'
import { decisionsOf, editFlow, editSchedule } from '../../drizzle/testing/flow-edits.js'
import { applyFlow } from './apply-flow.js'
import { isAsWanted, wantedSchedule } from './flow-schedule.js'
import { openScheduleLab, scheduleOf } from './testing/schedule-lab.js'
import type { ScheduleLab } from './testing/schedule-lab.js'

jest.setTimeout(300_000)

let lab: ScheduleLab
let installation: string
beforeAll(async () => {
  lab = await openScheduleLab(process.env)
  installation = await installationId(lab.db)
}, 300_000)
beforeEach(() => lab.setNow(null))
afterAll(() => lab?.[Symbol.asyncDispose]())

const inTens = async <Item>(items: readonly Item[], work: (item: Item) => Promise<unknown>) => {
  for (let from = 0; from < items.length; from += 10)
    await Promise.all(items.slice(from, from + 10).map(work))
}

/** As the API does it: the row under its lock, then the signal. */
const change = async (flowId: string, set: object): Promise<void> => {
  await editFlow(lab.db, flowId, set)
  await lab.sync(flowId)
}

const settled = (flowId: string) => lab.client.workflow.getHandle(workflowIds.flowSync(flowId)).result()

/** A server that is busy does not answer each time. */
const described = async (flowId: string, tries = 5): Promise<ScheduleDescription | null> => {
  try {
    return await scheduleOf(lab, flowId)
  } catch (error) {
    if (error instanceof ScheduleNotFoundError) return null
    if (tries === 0) throw error
    return await described(flowId, tries - 1)
  }
}

/** What is wrong between the flow's row and Temporal; null where nothing is. */
const difference = async (flowId: string): Promise<string | null> => {
  const scheduled = await scheduledFlowById(lab.db, flowId)
  if (scheduled === undefined) return 'no row'
  const { flow } = scheduled
  if (flow.synced_version !== flow.version || flow.sync_error !== null)
    return `version ${flow.version}, synced ${flow.synced_version}, ${flow.sync_error}`
  const wanted = wantedSchedule(scheduled, installation)
  const found = await described(flowId)
  if (wanted === null || found === null) return (wanted === null) === (found === null) ? null : 'there or not'
  return isAsWanted(wanted, found) ? null : `as ${found.state.note}, ${String(found.state.paused)}`
}

const random = (state: number) => (below: number) => {
  state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff
  return (state >>> 8) % below
}

test.each([{ seed: 1 }, { seed: 2, ends: 'deleted' }])(
  '50 edits, ticks and repairs of one flow at the same moment leave row and schedule agreed (seed $seed)',
  async ({ seed, ends }) => {
    const below = random(seed)
    const schedules = await Promise.all([
      lab.addSchedule({ cron_expression: '*/5 * * * *', timezone: 'Europe/Berlin' }),
      lab.addSchedule({ cron_expression: '0 12 13 * 5', jitter_seconds: 30 }),
      lab.addSchedule({ cron_expression: '1,2,5,7,11,13,17,19,23,29,31,37,41,43 3 * * *' }),
    ])
    const flowId = await lab.addFlow(schedules[0] ?? null)
    const kinds: readonly (() => Promise<unknown>)[] = [
      () => change(flowId, { enabled: true }),
      () => change(flowId, { enabled: false }),
      () => change(flowId, { name: `flow ${seed} ${below(1000)}` }),
      () => change(flowId, { catchup_limit_minutes: 30 + below(300) }),
      () => change(flowId, { schedule_id: schedules[below(3)]?.id ?? null }),
      () => change(flowId, { schedule_id: null }),
      () => lab.tick(flowId, new Date(Math.floor(Date.now() / 60_000) * 60_000)),
      () => applyFlow(lab.dependencies, flowId),
    ]
    const drawn = Array.from({ length: 50 }, () => kinds[below(kinds.length)])
    await Promise.all(
      drawn.map((work, index) =>
        index === 30 && ends === 'deleted'
          ? change(flowId, { deleted_at: new Date().toISOString() })
          : work?.(),
      ),
    )
    await lab.sync(flowId)
    await settled(flowId)
    expect(await difference(flowId)).toBeNull()
    if (ends === 'deleted') await expect(scheduleOf(lab, flowId)).rejects.toThrow()
  },
)

test('a schedule that 100 flows share is edited several times: all of them follow', async () => {
  const schedule = await lab.addSchedule()
  const flows = await Promise.all(Array.from({ length: 100 }, () => lab.addFlow(schedule)))
  await inTens(flows, (flowId) => lab.sync(flowId))
  const edits: Partial<Schedule>[] = [
    { cron_expression: '30 2 * * 1-5' },
    { timezone: 'America/New_York', jitter_seconds: 60, enabled: false },
  ]
  await Promise.all(
    edits.map(async (edit) => {
      await editSchedule(lab.db, schedule.id, edit)
      await inTens(flows, (flowId) => lab.sync(flowId))
    }),
  )
  await inTens(flows, settled)
  const wrong: string[] = []
  await inTens(flows, async (flowId) => {
    const differs = await difference(flowId)
    if (differs !== null) wrong.push(`${flowId}: ${differs}`)
  })
  expect(wrong).toEqual([])
  const { spec, state } = await scheduleOf(lab, flows[7] ?? '')
  expect(state.paused).toBe(true)
  expect(spec).toMatchObject({ timezone: 'America/New_York', jitter: 60_000 })
  await Promise.all(flows.map((flowId) => change(flowId, { deleted_at: new Date().toISOString() })))
  await inTens(flows, settled)
})

test('a schedule that Temporal cannot be given says so in the row, and follows when it is put right', async () => {
  const schedule = await lab.addSchedule({ timezone: 'Europe/Atlantis' })
  const flowId = await lab.addFlow(schedule)
  await expect(applyFlow(lab.dependencies, flowId)).rejects.toThrow(/did not take the schedule/)
  expect((await scheduledFlowById(lab.db, flowId))?.flow).toMatchObject({
    synced_version: 0,
    sync_error: expect.stringContaining('Atlantis'),
  })
  await editSchedule(lab.db, schedule.id, { timezone: 'Europe/Berlin' })
  await applyFlow(lab.dependencies, flowId)
  expect(await difference(flowId)).toBeNull()
})

const until = async (what: () => Promise<boolean>): Promise<void> => {
  for (const deadline = Date.now() + 60_000; !(await what()); await sleep(300))
    if (Date.now() > deadline) throw new Error('what was waited for never happened')
}

test('what the schedule itself rings carries its due time, is decided and leaves a short history', async () => {
  const now = new Date()
  const flowId = await lab.addFlow(await lab.addSchedule(), { rung_until: now.toISOString() })
  await applyFlow(lab.dependencies, flowId)
  await lab.client.schedule.getHandle(scheduleIds.flow(flowId)).trigger(ScheduleOverlapPolicy.ALLOW_ALL)
  const rows = () => decisionsOf(lab.db, flowId)
  await until(async () => (await rows()).length > 0)
  const [row] = await rows()
  expect(row).toMatchObject({ status: 'started', reason: null })
  const { recentActions } = (await scheduleOf(lab, flowId)).info
  const workflowId = recentActions[0]?.action.workflow.workflowId ?? ''
  expect(workflowId).toBe(`tick:${flowId}-${row?.nominal_time.slice(0, 19)}Z`)
  await lab.client.workflow.getHandle(workflowId).result()
  const { events } = await lab.client.workflow.getHandle(workflowId).fetchHistory()
  // Started, one task, the decision's marker, completed: no step of the server's.
  expect(events?.length).toBeLessThanOrEqual(6)
})

const reconcile = (): Promise<ReconcileReport> =>
  lab.client.workflow.execute(workflowTypes.reconcile, {
    ...{ workflowId: 'reconcile', taskQueue: queues.control, args: [] },
  }) as Promise<ReconcileReport>

/** The server's list follows within a moment. */
const listedNotes = async (): Promise<Map<string, string>> => {
  const notes = new Map<string, string>()
  for await (const { scheduleId, state } of lab.client.schedule.list())
    notes.set(scheduleId, `${String(state.paused)} ${state.note ?? ''}`)
  return notes
}
const somebodyElses = (scheduleId: string, memo: Record<string, unknown>) =>
  lab.client.schedule.create({
    ...{ scheduleId, memo, spec: { cronExpressions: ['0 0 1 1 *'] } },
    action: { type: 'startWorkflow', workflowType: 'nothing', taskQueue: 'nobody', args: [] },
  })

test("another installation's schedule is left alone, though a copied database has its flow", async () => {
  const flowId = await lab.addFlow(await lab.addSchedule())
  await somebodyElses(scheduleIds.flow(flowId), { sendense_installation: 'another' })
  const stands = async () => (await scheduleOf(lab, flowId)).action.workflowType
  await expect(applyFlow(lab.dependencies, flowId)).rejects.toMatchObject({ code: 'conflict', retry: false })
  expect((await scheduledFlowById(lab.db, flowId))?.flow.sync_error).toMatch(
    /belongs to another installation/,
  )
  expect(await stands()).toBe('nothing')
  await editFlow(lab.db, flowId, { deleted_at: new Date().toISOString() })
  expect(await applyFlow(lab.dependencies, flowId)).toMatchObject({ applied: 'foreign', isSettled: true })
  expect(await stands()).toBe('nothing')
  await lab.client.schedule.getHandle(scheduleIds.flow(flowId)).delete()
})

test('reconcile repairs what is missing, edited or foreign, removes what no flow owns, and decides about lost rings', async () => {
  const schedule = await lab.addSchedule({ cron_expression: '0 2 * * *' })
  const make = async () => {
    const flowId = await lab.addFlow(schedule)
    await applyFlow(lab.dependencies, flowId)
    return flowId
  }
  const [sound, deleted, paused, edited] = [await make(), await make(), await make(), await make()]
  const handle = (flowId: string) => lab.client.schedule.getHandle(scheduleIds.flow(flowId))
  await handle(deleted).delete()
  await handle(paused).pause('somebody was here')
  await handle(edited).update((was) => ({ ...was, spec: { ...was.spec, timezone: 'Asia/Tokyo' } }))
  const foreign = await lab.addFlow(schedule)
  await somebodyElses(scheduleIds.flow(foreign), {})
  await somebodyElses(scheduleIds.flow('flow-orphan'), { sendense_installation: installation })
  await somebodyElses(scheduleIds.flow('flow-other'), { sendense_installation: 'another' })
  const now = new Date()
  const silent = await lab.addFlow(await lab.addSchedule({ cron_expression: '0 * * * *' }), {
    rung_until: new Date(now.getTime() - 3 * 3_600_000).toISOString(),
  })
  await applyFlow(lab.dependencies, silent)
  await until(async () => {
    const notes = await listedNotes()
    return (
      !notes.has(scheduleIds.flow(deleted)) &&
      notes.get(scheduleIds.flow(paused))?.startsWith('true') === true &&
      [foreign, sound, silent, 'flow-orphan', 'flow-other'].every((id) => notes.has(scheduleIds.flow(id)))
    )
  })

  // Half past, so that no due time is so young that its own ring may still come.
  const halfPast = new Date(Math.floor(now.getTime() / 3_600_000) * 3_600_000 + 1_800_000)
  lab.setNow(halfPast)
  const report = await reconcile()
  for (const flowId of [sound, deleted, paused, edited, foreign, silent])
    expect(await difference(flowId)).toBeNull()
  expect(report).toMatchObject({ removed: 1, foreign: 1, failed: [] })
  expect(report.created).toBe(2)
  expect(report.updated).toBeGreaterThanOrEqual(1)
  await expect(handle('flow-orphan').describe()).rejects.toThrow()
  expect((await handle('flow-other').describe()).action.workflowType).toBe('nothing')
  const rows = await decisionsOf(lab.db, silent)
  const statuses = rows.map(({ status }) => status)
  expect(statuses.at(-1)).toBe('started')
  expect(new Set(statuses.slice(0, -1))).toEqual(new Set(['missed']))
  expect(report.silent.filter(({ flow_id: id }) => id === silent)).toHaveLength(rows.length)
  const missed = rows.findLast(({ status }) => status === 'missed')
  expect(lab.noticed.filter(({ flowId }) => flowId === silent)).toEqual([
    {
      ...{ kind: 'missed', flowId: silent, nominalTime: missed?.nominal_time, count: rows.length },
      reason: `Nothing rang when it was due. ${missed?.reason}`,
    },
  ])
  expect((await scheduledFlowById(lab.db, sound))?.flow.next_execution_time).not.toBeNull()
  expect(await readReconcileReport(lab.db)).toEqual(report)

  await until(async () => (await listedNotes()).get(scheduleIds.flow(paused))?.startsWith('false') === true)
  await until(async () => !(await listedNotes()).has(scheduleIds.flow('flow-orphan')))
  expect(await reconcile()).toMatchObject({ created: 0, updated: 0, removed: 0, silent: [], failed: [] })
})
