import { workflowIds } from '../domain/rules/names.js'
import { lockFlow } from '../drizzle/queries/flows.js'
import { executionRow, setFlow } from '../drizzle/testing/execution-rows.js'
import { openFlowLab, unique } from './testing/flow-lab.js'
import type { FlowLab } from './testing/flow-lab.js'

let lab: FlowLab
beforeAll(async () => void (lab = await openFlowLab(process.env)), 60_000)
afterAll(() => lab[Symbol.asyncDispose](), 60_000)

const row = async (id: string) => {
  const flow = await lockFlow(lab.db, id)
  if (flow === undefined) throw new Error(`no row ${id}`)
  return flow
}

test('a flow is made with its relations, its settings and its next run', async () => {
  const [schedule, group, policy] = [await lab.schedule(), await lab.group(), await lab.policy()]
  const body = lab.wanted({
    ...{ name: 'Daily <b>VM</b> Backup; drop table flows', target_type: 'group', target_id: group },
    ...{ policy_id: policy, schedule_id: schedule.id, max_retries: 5 },
  })
  const made = await lab.call('POST', '/protection-flows', body)
  expect(made).toMatchObject({
    status: 201,
    body: {
      ...body,
      ...{
        repository_name: expect.stringContaining('repository'),
        policy_name: expect.stringMatching(/^name /),
      },
      ...{ target_name: expect.stringMatching(/^name /), schedule_name: schedule.name },
      ...{
        schedule_cron: '0 2 * * *',
        enabled: true,
        overlap_policy: 'skip',
        created_by: expect.any(String),
      },
      status: {
        last_execution_id: null,
        last_execution_status: 'pending',
        last_execution_time: null,
        next_execution_time: expect.stringMatching(/T02:00:00\.000Z$/),
        total_executions: 0,
        successful_executions: 0,
        failed_executions: 0,
      },
    },
  })
  const id = String(made.body['id'])
  expect(made.headers.get('location')).toBe(`/api/v1/protection-flows/${id}`)
  expect(await row(id)).toMatchObject({ version: 1, synced_version: 0, rung_until: expect.any(String) })
  const sync = lab.api.context.temporal.workflow.getHandle(workflowIds.flowSync(id))
  expect((await sync.describe()).type).toBe('flow-sync')
  const got = await lab.call('GET', `/protection-flows/${id}`)
  expect(got).toMatchObject({
    status: 200,
    body: { id, machines: [], machines_total: 0, current_execution: null, stays_behind: { executions: 0 } },
  })
})

test('a PUT changes what it names; only what the schedule is made of raises the version', async () => {
  const id = await lab.flow({ description: 'before' })
  const at = `/protection-flows/${id}`
  expect((await lab.call('PUT', at, { description: 'after', max_retries: 7 })).body).toMatchObject({
    description: 'after',
    max_retries: 7,
    version: 1,
    status: { next_execution_time: null },
  })
  const { id: schedule_id } = await lab.schedule()
  const before = new Date().toISOString()
  expect((await lab.call('PUT', at, { schedule_id })).body).toMatchObject({
    schedule_id,
    description: 'after',
    version: 2,
    status: { next_execution_time: expect.stringMatching(/T02:00/) },
  })
  expect((await row(id)).rung_until?.localeCompare(before)).toBeGreaterThanOrEqual(0)
  expect((await lab.call('PUT', at, { schedule_id })).body['version']).toBe(2)
  expect((await lab.call('PUT', at, { schedule_id: null })).body).toMatchObject({
    version: 3,
    status: { next_execution_time: null },
  })
})

test('enable and disable may be said twice', async () => {
  const { id: schedule_id } = await lab.schedule()
  const id = await lab.flow({ schedule_id, enabled: false })
  expect(await row(id)).toMatchObject({ next_execution_time: null, rung_until: null, version: 1 })
  const say = (what: string) => lab.call('PATCH', `/protection-flows/${id}/${what}`)
  const on = { enabled: true, version: 2, status: { next_execution_time: expect.any(String) } }
  expect(await say('enable')).toMatchObject({ status: 200, body: on })
  const rungUntil = (await row(id)).rung_until
  expect(rungUntil).not.toBeNull()
  expect(await say('enable')).toMatchObject({ status: 200, body: on })
  expect((await row(id)).rung_until).toBe(rungUntil)
  const off = { enabled: false, version: 3, status: { next_execution_time: null } }
  expect(await say('disable')).toMatchObject({ status: 200, body: off })
  expect(await say('disable')).toMatchObject({ status: 200, body: off })
})

test('a deleted flow leaves its row and its name; an open execution keeps it', async () => {
  const name = `flow ${unique()}`
  const id = await lab.flow({ name })
  const executionId = await executionRow(lab.db, id)
  expect(await lab.call('DELETE', `/protection-flows/${id}`)).toMatchObject({
    status: 409,
    body: { running_execution_id: executionId, facts: { running_execution_id: executionId } },
  })
  expect(await row(id)).toMatchObject({ deleted_at: null, version: 1 })
  expect((await lab.call('GET', `/protection-flows/${id}`)).body).toMatchObject({
    current_execution: { id: executionId, flow_name: name },
    stays_behind: { executions: 1, backups: 0 },
  })
  const other = await lab.flow()
  expect((await lab.call('DELETE', `/protection-flows/${other}`)).status).toBe(204)
  expect(await row(other)).toMatchObject({ deleted_at: expect.any(String), version: 2 })
  for (const [method, path] of [
    ['GET', ''],
    ['PUT', ''],
    ['DELETE', ''],
    ['PATCH', '/enable'],
    ['GET', '/executions'],
  ])
    expect(
      (await lab.call(String(method), `/protection-flows/${other}${path}`, method === 'PUT' ? {} : undefined))
        .status,
    ).toBe(404)
  const { name: freed } = await row(other)
  expect((await lab.call('POST', '/protection-flows', lab.wanted({ name: freed }))).status).toBe(201)
})

test('fifty changes at once leave one consistent row', async () => {
  const { id: schedule_id } = await lab.schedule()
  const id = await lab.flow()
  const at = `/protection-flows/${id}`
  const changes = Array.from({ length: 50 }, (_, n) => {
    if (n % 5 === 0) return lab.call('PATCH', `${at}/${n % 2 === 0 ? 'enable' : 'disable'}`)
    if (n % 5 === 1) return lab.call('PUT', at, { schedule_id: n % 2 === 0 ? schedule_id : null })
    return lab.call('PUT', at, n % 2 === 0 ? { max_retries: n % 20 } : { description: `edit ${n}` })
  })
  expect(new Set((await Promise.all(changes)).map(({ status }) => status))).toEqual(new Set([200]))
  const flow = await row(id)
  expect(flow.next_execution_time !== null).toBe(flow.enabled && flow.schedule_id !== null)
  expect(flow.description).toMatch(/^edit /)
  await setFlow(lab.db, id, { enabled: false })
  expect((await lab.call('PATCH', `${at}/enable`)).body['version']).toBe(flow.version + 1)
}, 60_000)
