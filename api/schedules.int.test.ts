import type { Flow } from '../domain/flow.js'
import type { Schedule } from '../domain/schedule.js'
import { openTestDatabase } from '../drizzle/testing/database.js'
import type { TestDatabase } from '../drizzle/testing/database.js'
import { flowById } from '../drizzle/queries/flows.js'
import { insertPendingExecution } from '../drizzle/queries/executions.js'
import { holdExclusively } from '../drizzle/testing/exclusive.js'
import { addScheduleExecutions, makeFlow, makeSchedule } from '../drizzle/testing/sample-flows.js'
import { registerVm } from '../drizzle/testing/samples.js'
import { worldOf } from '../drizzle/testing/world.js'
import { temporalAddressOf } from './testing/environment.js'
import { aUser, openTestApi } from './testing/test-api.js'
import type { Answer, TestApi } from './testing/test-api.js'

jest.setTimeout(60_000)

let database: TestDatabase
let api: TestApi
let queues: AsyncDisposable
let token: string
let username: string
let repositoryId: number
let vmId: string
const flows: string[] = []
beforeAll(async () => {
  // What is signalled here waits on the common queue, where nobody may find it.
  queues = await holdExclusively('the common queues')
  database = await openTestDatabase()
  api = await openTestApi({ database: database.database, temporalAddress: temporalAddressOf(process.env) })
  ;({ token, username } = await aUser(api.context, 'operator'))
  const vm = await registerVm(api.context.db)
  ;[repositoryId, vmId] = [vm.repositoryId, vm.context.id]
}, 600_000)
afterAll(async () => {
  for (const id of flows)
    await syncOf(id)
      .terminate()
      .catch(() => undefined)
  await api[Symbol.asyncDispose]()
  await database[Symbol.asyncDispose]()
  await queues[Symbol.asyncDispose]()
})

const call = (method: string, path: string, body?: unknown): Promise<Answer> =>
  api.call(method, `/schedules${path}`, { token, body })
const syncOf = (flowId: string) => api.context.temporal.workflow.getHandle(`flow-sync:${flowId}`)
const isSynced = (flowId: string): Promise<boolean> =>
  syncOf(flowId)
    .describe()
    .then(
      () => true,
      () => false,
    )
const addFlow = async (schedule_id: string, change: object = {}): Promise<string> => {
  const target = { target_type: 'vm', target_id: vmId, repository_id: repositoryId } as const
  const id = await makeFlow(api.context.db, target, { schedule_id, ...change })
  flows.push(id)
  return id
}
const flow = async (id: string): Promise<Flow | undefined> => flowById(api.context.db, id)
const remove = (id: string) =>
  api.context.db.execute(`update protection_flows set deleted_at = now() where id = '${id}'`)

test('a schedule is made as the seeds ask, changed by what is given, listed, and removed', async () => {
  const seed = { name: 'Daily 2 AM', cron_expression: '0 2 * * *', enabled: true, created_by: 'me' }
  const made = await call('POST', '', seed)
  expect(made).toMatchObject({
    status: 201,
    body: { ...seed, created_by: username, timezone: 'UTC', flows: 0, in_words: 'daily at 02:00' },
  })
  expect(made.body['next_run']).toMatch(/T02:00:00\.000Z$/)
  const id = String(made.body['id'])
  const changed = await call('PUT', `/${id}`, { timezone: 'asia/tokyo', enabled: false })
  expect(changed.body).toMatchObject({ cron_expression: '0 2 * * *', timezone: 'Asia/Tokyo', enabled: false })
  // The next due time, also of a disabled one.
  expect(changed.body['next_run']).toMatch(/T17:00:00\.000Z$/)
  const live = await addFlow(id)
  expect((await call('GET', '?limit=1')).body).toMatchObject({ schedules: [{ id, flows: 1 }] })
  await remove(live)
  expect((await call('GET', `/${id}`)).body).toMatchObject({ flows: 0 })
  expect((await call('DELETE', `/${id}`)).status).toBe(204)
  expect((await call('GET', `/${id}`)).status).toBe(404)
})

test('every live flow that shares it follows a change of its times, and nobody else', async () => {
  const { id } = await makeSchedule(api.context.db)
  const other = await makeSchedule(api.context.db)
  const [on, off, gone] = [await addFlow(id), await addFlow(id, { enabled: false }), await addFlow(id)]
  const stranger = await addFlow(other.id)
  await remove(gone)
  const before = new Date().toISOString()
  const answer = await call('PUT', `/${id}`, { cron_expression: '0 4 * * *', timezone: 'Europe/Berlin' })
  expect(answer.status).toBe(200)
  const next = answer.body['next_run']
  expect(await flow(on)).toMatchObject({ version: 2, next_execution_time: next })
  expect(await flow(off)).toMatchObject({ version: 2, next_execution_time: null })
  for (const each of [on, off]) expect(((await flow(each))?.rung_until ?? '') >= before).toBe(true)
  expect(await flow(stranger)).toMatchObject({ version: 1, rung_until: null })
  expect(await Promise.all([on, off, gone, stranger].map(isSynced))).toEqual([true, true, false, false])

  const rung = (await flow(on))?.rung_until
  await call('PUT', `/${id}`, { jitter_seconds: 30 })
  expect(await flow(on)).toMatchObject({ version: 3, rung_until: rung, next_execution_time: next })
  await call('PUT', `/${id}`, { name: 'renamed', description: 'as it was' })
  expect(await flow(on)).toMatchObject({ version: 3 })
  await call('PUT', `/${id}`, { enabled: false })
  expect(await flow(on)).toMatchObject({ version: 4, next_execution_time: null })
  await call('PUT', `/${id}`, { enabled: true })
  expect(await flow(on)).toMatchObject({ version: 5, next_execution_time: next })
})

test('flows that share it and have windows of their own run next at times of their own', async () => {
  const { id } = await makeSchedule(api.context.db)
  const night = { window_start: '22:00', window_end: '06:00' }
  const ids = [await addFlow(id), await addFlow(id, night), await addFlow(id, { ...night, enabled: false })]
  const noon = await addFlow(id, { window_start: '12:00', window_end: '13:00' })
  await call('PUT', `/${id}`, { cron_expression: '15 1,7,12 * * *' })
  const rows = await Promise.all([...ids, noon].map(flow))
  expect(rows.map((row) => row?.version)).toEqual([2, 2, 2, 2])
  const times = rows.map((row) => row?.next_execution_time?.slice(11, 16))
  expect(times.slice(1)).toEqual(['01:15', undefined, '12:15'])
})

test('twenty edits at once raise the version twenty times', async () => {
  const { id } = await makeSchedule(api.context.db)
  const ids = [await addFlow(id), await addFlow(id)]
  const edits = Array.from({ length: 20 }, (_, minute) => ({ cron_expression: `${minute} 5 * * *` }))
  const answers = await Promise.all(edits.map((edit) => call('PUT', `/${id}`, edit)))
  expect(new Set(answers.map((answer) => answer.status))).toEqual(new Set([200]))
  const { next_run: next } = (await call('GET', `/${id}`)).body
  for (const each of ids) expect(await flow(each)).toMatchObject({ version: 21, next_execution_time: next })
})

test('edits of schedules and of the flows between them, all at once, leave what was said last', async () => {
  const one = await makeSchedule(api.context.db)
  const other = await makeSchedule(api.context.db)
  const ids: string[] = []
  for (let made = 0; made < 10; made += 1) ids.push(await addFlow(one.id))
  const change = (id: string, schedule_id: string): Promise<Answer> =>
    api.call('PUT', `/protection-flows/${id}`, { token, body: { schedule_id } })
  const edit = (of: Schedule, minute: number): Promise<Answer> =>
    call('PUT', `/${of.id}`, { cron_expression: `${minute} 6 * * *` })
  const asked = ids.flatMap((id, index) => [
    change(id, one.id),
    edit(one, index),
    change(id, other.id),
    edit(other, index),
    change(id, index % 2 === 0 ? one.id : other.id),
  ])
  expect((await Promise.all(asked)).map((answer) => answer.status)).toEqual(asked.map(() => 200))
  const next = new Map<string | null, unknown>()
  for (const { id } of [one, other]) next.set(id, (await call('GET', `/${id}`)).body['next_run'])
  for (const id of ids) {
    const found = await flow(id)
    expect(found?.next_execution_time).toBe(next.get(found?.schedule_id ?? null))
  }
})

test('what became of its due times is listed newest first, with flow and execution', async () => {
  const { db } = api.context
  const { id } = await makeSchedule(db)
  const flowId = await addFlow(id, { name: 'nightly' })
  const rows = [1, 2, 3].map((day) => ({
    id: `se-${flowId}-${day}`,
    flow_id: flowId,
    schedule_id: id,
    nominal_time: `2026-05-0${day}T02:00:00.000Z`,
    status: day === 2 ? ('started' as const) : ('missed' as const),
    reason: day === 2 ? null : 'nobody could ring',
    created_at: '2026-06-01T00:00:00.000Z',
  }))
  await addScheduleExecutions(db, rows)
  await insertPendingExecution(db, {
    id: 'exec-nightly',
    flow_id: flowId,
    execution_type: 'scheduled',
    backup_type: 'auto',
    workflow_id: `flow:${flowId}`,
    triggered_by: 'schedule',
    schedule_execution_id: rows[1]?.id ?? null,
    created_at: '2026-06-01T00:00:00.000Z',
  })
  const first = await call('GET', `/${id}/executions?limit=2`)
  expect(first.body).toMatchObject({
    total: 3,
    schedule_executions: [
      {
        nominal_time: '2026-05-03T02:00:00.000Z',
        status: 'missed',
        flow_name: 'nightly',
        execution_id: null,
      },
      { nominal_time: '2026-05-02T02:00:00.000Z', status: 'started', execution_id: 'exec-nightly' },
    ],
  })
  const rest = await call('GET', `/${id}/executions?limit=2&cursor=${String(first.body['next_cursor'])}`)
  expect(rest.body).toMatchObject({ next_cursor: null, schedule_executions: [{ id: rows[0]?.id }] })
})

test('the next ten runs are shown, saved or not', async () => {
  const { id } = await makeSchedule(api.context.db, { cron_expression: '*/5 * * * *' })
  const asked = { cron_expression: '*/5 * * * *' }
  for (const answer of [await call('GET', `/${id}/preview`), await call('POST', '/preview', asked)]) {
    expect(answer).toMatchObject({ status: 200, body: { in_words: 'every 5 minutes', notes: [] } })
    const runs = answer.body['runs'] as { at: string; offset: string }[]
    expect(runs.map((run) => Date.parse(run.at) - Date.parse(runs[0]?.at ?? ''))).toEqual(
      Array.from({ length: 10 }, (_, index) => index * 300_000),
    )
    expect(runs[0]?.offset).toBe('+00:00')
  }
})

describe('what is refused changes nothing', () => {
  beforeAll(async () => {
    await makeSchedule(api.context.db, { id: 'sched-taken', name: 'taken' })
    await makeSchedule(api.context.db, { id: 'sched-other', name: 'other' })
    await addFlow('sched-taken', { name: `x'; drop table vm_groups; --` })
    await addFlow('sched-taken', { name: 'at night', window_start: '22:00', window_end: '06:00' })
  })
  const good = { name: 'new', cron_expression: '0 2 * * *' }
  const cron = (cron_expression: string) => ({ ...good, cron_expression })
  test.each<[what: string, ask: string, body: unknown, status: number, says: RegExp]>([
    ['an unknown one', 'PUT /sched-none', {}, 404, /sched-none/],
    ['an unknown one', 'DELETE /sched-none', undefined, 404, /no schedule/],
    ['its preview', 'GET /sched-none/preview', undefined, 404, /sched-none/],
    ['its executions', 'GET /sched-none/executions', undefined, 404, /sched-none/],
    ['a foreign cursor', 'GET /sched-other/executions?cursor=x', undefined, 400, /cursor/],
    ['a taken name', 'POST ', { ...good, name: 'taken' }, 409, /named taken already/],
    ['a taken name', 'PUT /sched-other', { name: 'taken' }, 409, /named taken already/],
    ['a name of 10,000', 'POST ', { ...good, name: 'x'.repeat(10_000) }, 400, /body\.name/],
    ['no expression', 'POST ', { name: 'new' }, 400, /body\.cron_expression/],
    ['four fields', 'POST ', cron('0 2 * *'), 422, /^cron_expression has 4 field/],
    ['minute 61', 'POST ', cron('61 2 * * *'), 422, /^cron_expression minute/],
    ['HTML', 'POST ', cron('<b> 2 * * *'), 422, /^cron_expression minute/],
    ['30 February', 'POST ', cron('0 0 30 2 *'), 422, /^cron_expression never fires/],
    ['30 February', 'POST /preview', { cron_expression: '0 0 30 2 *' }, 422, /never fires/],
    ['31 April later', 'PUT /sched-taken', { cron_expression: '0 0 31 4 *' }, 422, /never fires/],
    ['Atlantis', 'POST ', { ...good, timezone: 'Europe/Atlantis' }, 422, /^timezone is not a time zone/],
    ['Atlantis later', 'PUT /sched-taken', { timezone: 'Atlantis' }, 422, /^timezone is not/],
    ['two hours of jitter', 'POST ', { ...good, jitter_seconds: 7200 }, 400, /jitter_seconds/],
    ['a wrong type', 'PUT /sched-other', { enabled: 'yes' }, 400, /body\.enabled/],
    ['a field nobody knows', 'PUT /sched-other', { flows: [] }, 400, /flows: is not known/],
    [
      'one in use',
      'DELETE /sched-taken',
      undefined,
      409,
      /used by 2 flows: at night, x'; drop table vm_groups; --/,
    ],
    [
      'times out of a window',
      'PUT /sched-taken',
      { cron_expression: '0 12 * * *' },
      422,
      /^cron_expression has no due time in the window of at night: it would never run/,
    ],
  ])('%s: %s', async (_what, ask, body, status, says) => {
    const [method = '', path = ''] = ask.split(' ')
    const before = await worldOf(api.context.db)
    const answer = await call(method, path, body)
    expect(answer).toMatchObject({ status, body: { error: expect.stringMatching(says) as string } })
    expect(answer.text.length).toBeLessThan(2000)
    expect(await worldOf(api.context.db)).toEqual(before)
  })
})
