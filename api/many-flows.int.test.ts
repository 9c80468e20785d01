import type { ItemStatus } from '../domain/execution.js'
import { readAllPaused } from '../drizzle/queries/all-paused.js'
import { listAudit } from '../drizzle/queries/audit.js'
import { openDatabase } from '../drizzle/open.js'
import { changingExecutions, dueTimesDecidedSince } from '../drizzle/queries/execution-events.js'
import {
  dueTimeRow,
  executionRow,
  itemRow,
  setExecution,
  setFlow,
} from '../drizzle/testing/execution-rows.js'
import { upsertProgress } from '../drizzle/queries/job-progress.js'
import { startBackup } from '../drizzle/testing/samples.js'
import { lockFlow } from '../drizzle/queries/flows.js'
import { flowRow, openFlowLab, unique } from './testing/flow-lab.js'
import type { FlowLab } from './testing/flow-lab.js'
import { aUser, openTestApi } from './testing/test-api.js'

let lab: FlowLab
beforeAll(async () => void (lab = await openFlowLab(process.env)), 60_000)
afterAll(() => lab[Symbol.asyncDispose](), 60_000)

const bulk = (what: string, ids: string[]) => lab.call('POST', `/protection-flows/bulk-${what}`, { ids })

test('a bulk change has a result for each flow, unknown and busy ones too', async () => {
  const [one, two, busy] = [await flowRow(lab), await flowRow(lab), await flowRow(lab)]
  const open = await executionRow(lab.db, busy)
  expect((await bulk('disable', [one, 'flow-none', two, one])).body).toEqual({
    results: [
      { id: one, ok: true, code: null, error: null },
      { id: 'flow-none', ok: false, code: 'not-found', error: expect.stringContaining('flow-none') },
      { id: two, ok: true, code: null, error: null },
    ],
    succeeded: 2,
    failed: 1,
  })
  expect(await lockFlow(lab.db, one)).toMatchObject({ enabled: false, version: 2 })
  expect((await bulk('enable', [one])).body).toMatchObject({ succeeded: 1 })
  expect((await bulk('delete', [one, busy])).body).toMatchObject({
    results: [{ ok: true }, { ok: false, code: 'conflict', error: expect.stringContaining(open) }],
  })
  expect((await lab.call('GET', `/protection-flows/${one}`)).status).toBe(404)
  expect(await bulk('delete', [])).toMatchObject({ status: 400 })
  const { rows } = await listAudit(lab.db, { action: 'bulkDeleteFlows' }, { limit: 2 })
  expect(rows.find(({ status_code }) => status_code === 200)?.detail).toEqual({
    succeeded: [one],
    failed: [{ id: busy, code: 'conflict' }],
  })
}, 30_000)

test('a clone has the settings of its original and rings for nobody', async () => {
  const schedule = await lab.schedule()
  const id = await lab.flow({ schedule_id: schedule.id, max_retries: 9, description: 'the first' })
  const name = `clone ${unique()}`
  const clone = await lab.call('POST', `/protection-flows/${id}/clone`, { name })
  expect(clone).toMatchObject({
    status: 201,
    body: {
      name,
      description: 'the first',
      max_retries: 9,
      schedule_id: schedule.id,
      enabled: false,
      version: 1,
    },
  })
  expect(await lab.call('POST', `/protection-flows/${id}/clone`, { name })).toMatchObject({ status: 409 })
})

test('the status says when a flow runs next, and what keeps it from that', async () => {
  const { id: schedule_id } = await lab.schedule({ cron_expression: '*/15 * * * *' })
  const id = await lab.flow({ schedule_id })
  const status = async () => (await lab.call('GET', `/protection-flows/${id}/status`)).body
  expect(await status()).toMatchObject({
    enabled: true,
    queued: 0,
    held_by: expect.stringMatching(/does not follow/),
  })
  await setFlow(lab.db, id, { synced_version: 1 })
  const { next_runs: runs, ...free } = await status()
  expect(free).toMatchObject({ held_by: null, current_execution_id: null })
  expect((runs as string[]).map((time) => Date.parse(time) % 900_000)).toEqual(Array(10).fill(0))
  await lab.call('PATCH', `/protection-flows/${id}/disable`)
  expect(await status()).toMatchObject({ next_runs: [], held_by: 'The flow is disabled' })
  const byHand = await lab.flow()
  const { body } = await lab.call('GET', `/protection-flows/${byHand}/status`)
  expect(body['held_by']).toMatch(/no schedule/)
})

test('runs that its window would skip are not promised, whatever changes them', async () => {
  const hours = { window_start: '02:00', window_end: '04:00' }
  const { id: schedule_id } = await lab.schedule({ cron_expression: '30 * * * *' })
  const id = await lab.flow({ schedule_id, ...hours })
  const at = `/protection-flows/${id}`
  const next = async () => {
    const { body } = await lab.call('GET', `${at}/status`)
    const runs = (body['next_runs'] as string[]).map((time) => time.slice(11, 16))
    expect(body['next_execution_time']).toBe((body['next_runs'] as string[])[0] ?? null)
    expect(runs.length === 10 || runs.length === 0).toBe(true)
    return [...new Set(runs)].sort()
  }
  expect(await next()).toEqual(['02:30', '03:30'])
  const { body } = await lab.call('PUT', at, { window_start: '03:00' })
  expect(body).toMatchObject({ version: 1, status: { next_execution_time: expect.stringMatching(/T03:30/) } })
  expect(await next()).toEqual(['03:30'])
  await lab.call('PUT', `/schedules/${schedule_id}`, { timezone: 'Asia/Tokyo' })
  expect(await next()).toEqual(['18:30'])
  await lab.call('PATCH', `${at}/disable`)
  expect(await next()).toEqual([])
  await lab.call('PATCH', `${at}/enable`)
  expect(await next()).toEqual(['18:30'])
  await lab.call('PUT', at, { window_start: null, window_end: null })
  expect(await next()).toHaveLength(10)
})

test("a schedule's preview is what it rings; asked with a window, what a flow that has it runs", async () => {
  const { id } = await lab.schedule({ cron_expression: '30 * * * *' })
  const preview = (query: string) => lab.call('GET', `/schedules/${id}/preview${query}`)
  const hoursOf = ({ body }: { body: Record<string, unknown> }) =>
    new Set((body['runs'] as { local: string }[]).map(({ local }) => local.slice(11)))
  expect(hoursOf(await preview('')).size).toBe(10)
  expect(hoursOf(await preview('?window_start=22:00&window_end=00:00'))).toEqual(new Set(['22:30', '23:30']))
  expect((await preview('?window_start=22:00&window_end=22:15')).body['runs']).toEqual([])
  expect((await preview('?window_start=22:00')).status).toBe(422)
  expect((await preview('?window_start=25:00&window_end=26:00')).status).toBe(400)
})

test('the summary counts what is there', async () => {
  const summary = async () =>
    (await lab.call('GET', '/protection-flows/summary')).body as Record<string, number>
  const before = await summary()
  const id = await flowRow(lab, { enabled: false })
  await executionRow(lab.db, id, { status: 'success', bytes_transferred: 700 })
  await executionRow(lab.db, id, { status: 'error' })
  await executionRow(lab.db, id, { status: 'running' })
  await executionRow(lab.db, id, { status: 'success', created_at: '2026-01-01T00:00:00.000Z' })
  const after = await summary()
  const grown = (name: string): number => (after[name] ?? 0) - (before[name] ?? 0)
  expect({
    total: grown('total_flows'),
    enabled: grown('enabled_flows'),
    backup: grown('backup_flows'),
  }).toEqual({
    ...{ total: 1, enabled: 0, backup: 1 },
  })
  expect(
    [
      'running_executions',
      'total_executions_today',
      'successful_executions_today',
      'failed_executions_today',
    ].map(grown),
  ).toEqual([1, 3, 1, 1])
  expect(grown('bytes_transferred_today')).toBe(700)
})

test("a flow's machines have their health and how often they succeed", async () => {
  const id = await flowRow(lab)
  const item = async (status: ItemStatus, n: number) => {
    const run = await executionRow(lab.db, id, {
      created_at: new Date(Date.UTC(2026, 4, 1, n)).toISOString(),
    })
    await itemRow(lab.db, run, { position: 0, status, vm_context_id: lab.vm.context.id })
  }
  const machine = async () =>
    ((await lab.call('GET', `/protection-flows/${id}`)).body['machines'] as object[])[0]
  expect(await machine()).toMatchObject({ health: 'unknown', success_rate: null, last_backup_at: null })
  await item('skipped', 0)
  expect(await machine()).toMatchObject({ health: 'unknown', success_rate: 0 })
  for (const n of [1, 2]) await item('completed', n)
  await item('cancelled', 3)
  expect(await machine()).toMatchObject({ health: 'good', success_rate: 50, disk_bytes: expect.any(Number) })
  await item('failed', 4)
  expect(await machine()).toMatchObject({ health: 'failing', success_rate: 40 })
  await item('skipped', 5)
  await item('cancelled', 6)
  expect(await machine()).toMatchObject({ health: 'failing' })
  await item('waiting', 7)
  expect(await machine()).toMatchObject({ health: 'running' })
})

test('what a run has begun and read is told while it runs, everywhere the same', async () => {
  const { db, vm } = lab
  const flow = await flowRow(lab)
  const id = await executionRow(db, flow, { status: 'running' })
  const backup = await startBackup(db, vm)
  const bytes = { bytes_total: 900, bytes_read: 300, bytes_stored: 0, bytes_skipped: 0 }
  const rates = { bytes_per_second: 1, eta_seconds: null, bottleneck: 'source' as const, samples: [] }
  await upsertProgress(
    db,
    ['a', 'b'].map((disk_id) => ({
      ...{ job_id: backup, disk_id, attempt_no: 1, ...bytes, ...rates },
      updated_at: new Date().toISOString(),
    })),
  )
  await itemRow(db, id, { position: 0, status: 'completed', attempts: 1, bytes_transferred: 5 })
  await itemRow(db, id, {
    ...{ position: 1, status: 'running', attempts: 2, bytes_transferred: 100, backup_id: backup },
  })
  await itemRow(db, id, { position: 2 })
  const live = { jobs_created: 3, bytes_transferred: 605 }
  expect((await lab.call('GET', `/executions/${id}`)).body).toMatchObject(live)
  const list = await lab.call('GET', `/executions?flow_id=${flow}`)
  expect(list.body['executions']).toMatchObject([live])
  const ofFlow = await lab.call('GET', `/protection-flows/${flow}/executions`)
  expect(ofFlow.body['executions']).toMatchObject([live])
  expect((await lab.call('GET', `/protection-flows/${flow}`)).body['current_execution']).toMatchObject(live)
  const sent = (await changingExecutions(db, [])).find(({ execution }) => execution.id === id)
  expect(sent?.execution).toMatchObject(live)
  // What has ended is as it was recounted.
  await setExecution(db, id, { status: 'success' })
  expect((await lab.call('GET', `/executions/${id}`)).body).toMatchObject({ bytes_transferred: 0 })
})

test('each change of an execution is sent, and its flow is named when it begins and ends', async () => {
  const { token } = await aUser(lab.api.context, 'viewer')
  const response = await fetch(`${lab.api.url}/api/v1/events?topics=executions,flows`, {
    headers: { authorization: `Bearer ${token}` },
  })
  const reader = (response.body ?? new ReadableStream()).pipeThrough(new TextDecoderStream()).getReader()
  let text = ''
  const until = async (said: RegExp): Promise<void> => {
    while (!said.test(text)) text += (await reader.read()).value ?? ''
  }
  const id = await flowRow(lab)
  const run = await executionRow(lab.db, id, { status: 'running', created_at: '2026-01-01T00:00:00.000Z' })
  await until(new RegExp(`event: executions\\ndata: {"id":"${run}"`))
  text = ''
  // Far down the list by now: it is watched because it was open.
  for (let n = 0; n < 31; n += 1)
    await executionRow(lab.db, id, { status: 'success', completed_at: new Date().toISOString() })
  await setExecution(lab.db, run, { status: 'warning', completed_at: new Date().toISOString() })
  await until(new RegExp(`event: executions\\ndata: {"id":"${run}"[^\\n]*"status":"warning"`))
  await until(new RegExp(`event: flows\\ndata: {"id":"${id}"}`))
  await reader.cancel()
}, 60_000)

test('of very many due times the newest are told of: who looks again goes on from there', async () => {
  const flow = await flowRow(lab)
  const at = (second: number) => `2026-05-01T12:00:0${second}.000Z`
  for (const second of [3, 1, 2])
    await dueTimeRow(lab.db, flow, { nominal_time: at(second), created_at: at(second) })
  const since = async (second: number) =>
    (await dueTimesDecidedSince(lab.db, at(second), 2))
      .filter((row) => row.flow_id === flow)
      .map((row) => row.created_at)
  expect(await since(1)).toEqual([at(2), at(3)])
})

test('with Temporal away what was asked of many flows is kept, and nobody waits for each of them', async () => {
  await using database = openDatabase(lab.url)
  const waits = { updateMs: 1000 }
  await using api = await openTestApi({ database, temporalAddress: '127.0.0.1:1', waits })
  const { token } = await aUser(api.context, 'operator')
  const ids = await Promise.all(Array.from({ length: 11 }, () => flowRow(lab)))
  const disabled = await api.call('POST', '/protection-flows/bulk-disable', { token, body: { ids } })
  expect(disabled.body).toMatchObject({ succeeded: ids.length, failed: 0 })
  // Asked of all together: one wait, not one for every five of them.
  expect(api.logged().match(/schedules follow later/g)).toHaveLength(1)

  const runs = await Promise.all(ids.map((id) => executionRow(lab.db, id, { status: 'running' })))
  const paused = await api.call('POST', '/protection-flows/pause-all', { token, body: {} })
  expect(paused).toMatchObject({ status: 200, body: { executions: 0 } })
  const refused = paused.body['refused'] as { execution_id: string; error: string }[]
  expect(refused.map((one) => one.execution_id)).toEqual(expect.arrayContaining(runs))
  expect(refused.at(-1)?.error).toMatch(/^It was not asked to pause: /)
  // Any of them may have been taken all the same, and goes on with the others.
  const held = async () => (await readAllPaused(lab.db))?.executions
  expect(await held()).toEqual(expect.arrayContaining(runs))
  const resumed = await api.call('POST', '/protection-flows/resume-all', { token })
  expect(resumed.body['all_paused']).not.toBeNull()
  expect(await held()).toEqual(expect.arrayContaining(runs))
}, 60_000)
