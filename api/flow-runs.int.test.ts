import { workflowIds } from '../domain/rules/names.js'
import type { Execution } from '../domain/execution.js'
import { executionById } from '../drizzle/queries/executions.js'
import { holdExclusively } from '../drizzle/testing/exclusive.js'
import { dueTimeById, dueTimeRow, executionRow, itemRow } from '../drizzle/testing/execution-rows.js'
import { temporalAddressOf } from './testing/environment.js'
import { openFlowLab } from './testing/flow-lab.js'
import type { FlowLab } from './testing/flow-lab.js'
import { startStandIn } from './testing/stand-in-worker.js'
import type { Answer } from './testing/test-api.js'

let queues: AsyncDisposable
let lab: FlowLab
let worker: AsyncDisposable
beforeAll(async () => {
  queues = await holdExclusively('the common queues')
  lab = await openFlowLab(process.env)
  worker = await startStandIn(temporalAddressOf(process.env), lab.db)
}, 600_000)
afterAll(async () => {
  await worker[Symbol.asyncDispose]()
  await lab[Symbol.asyncDispose]()
  await queues[Symbol.asyncDispose]()
}, 60_000)

const execute = (id: string, body?: object, headers?: Record<string, string>): Promise<Answer> =>
  lab.call('POST', `/protection-flows/${id}/execute`, body, headers)
const ask = (id: string, action: string): Promise<Answer> => lab.call('POST', `/executions/${id}/${action}`)
const end = (flow: string, status: string): Promise<void> =>
  lab.api.context.temporal.workflow.getHandle(workflowIds.flow(flow)).signal('end', status)
async function until(id: string, status: string): Promise<void> {
  for (let tries = 0; tries < 200; tries += 1) {
    if ((await executionById(lab.db, id))?.status === status) return
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  throw new Error(`${id} did not become ${status} in 20 s`)
}
async function running(): Promise<{ flow: string; id: string }> {
  const flow = await lab.flow()
  const id = String((await execute(flow)).body['id'])
  await until(id, 'running')
  return { flow, id }
}

test('a flow is run by hand, even when disabled; a second start names the one that runs', async () => {
  const flow = await lab.flow({ enabled: false })
  const first = await execute(flow, { backup_type: 'full' })
  const id = String(first.body['id'])
  expect(first).toMatchObject({
    status: 202,
    body: { flow_id: flow, execution_type: 'api', backup_type: 'full', triggered_by: expect.any(String) },
  })
  expect(first.headers.get('location')).toBe(`/api/v1/executions/${id}`)
  expect(await execute(flow)).toMatchObject({ status: 409, body: { running_execution_id: id } })
  await until(id, 'running')
  expect(await execute(flow)).toMatchObject({ status: 409, body: { running_execution_id: id } })
  const status = await lab.call('GET', `/protection-flows/${flow}/status`)
  expect(status.body).toMatchObject({ current_execution_id: id, queued: 0, held_by: 'The flow is disabled' })
  await end(flow, 'success')
  await until(id, 'success')
  const again = await execute(flow)
  expect(again.status).toBe(202)
  const { body } = await lab.call('GET', `/protection-flows/${flow}/executions`)
  expect(body).toMatchObject({ total: 2, executions: [{ id: again.body['id'] }, { id, status: 'success' }] })
}, 60_000)

test('of ten starts at the same moment one wins', async () => {
  const flow = await lab.flow()
  const answers = await Promise.all(Array.from({ length: 10 }, () => execute(flow)))
  expect(answers.map(({ status }) => status).sort()).toEqual([202, ...Array(9).fill(409)])
  expect((await lab.call('GET', `/executions?flow_id=${flow}`)).body['total']).toBe(1)
}, 60_000)

test('the same Idempotency-Key gives the same execution; another request with it is refused', async () => {
  const flow = await lab.flow()
  const key = { 'idempotency-key': `key-${flow}` }
  const answers = await Promise.all([execute(flow, {}, key), execute(flow, {}, key)])
  const ids = [...answers, await execute(flow, {}, key)].map(
    ({ status, body }) => `${status} ${String(body['id'])}`,
  )
  expect(new Set(ids).size).toBe(1)
  expect(ids[0]).toMatch(/^202 exec-/)
  expect(await execute(flow, { backup_type: 'full' }, key)).toMatchObject({
    status: 422,
    body: { code: 'idempotency-mismatch' },
  })
  expect(await execute(await lab.flow(), {}, key)).toMatchObject({ status: 422 })
}, 60_000)

test('a run is paused, resumed and cancelled; what its state forbids is 409 with what it allows', async () => {
  const { id } = await running()
  expect((await ask(id, 'resume')).status).toBe(409)
  expect(await ask(id, 'pause')).toMatchObject({ status: 202, body: { id, status: 'paused' } })
  expect(await ask(id, 'pause')).toMatchObject({
    status: 409,
    body: { detail: expect.stringContaining('paused already'), remedy: expect.stringContaining('cancel') },
  })
  expect((await lab.call('GET', `/executions/${id}`)).body['available_actions']).toEqual(['resume', 'cancel'])
  expect(await ask(id, 'resume')).toMatchObject({ status: 202, body: { status: 'running' } })
  expect((await ask(id, 'cancel')).status).toBe(202)
  await until(id, 'cancelled')
  expect(await ask(id, 'cancel')).toMatchObject({ status: 409, body: { facts: { status: 'cancelled' } } })
  expect((await ask('exec-none', 'cancel')).status).toBe(404)
}, 60_000)

test('a queued execution is cancelled before its turn, and its due time says so', async () => {
  const flow = await lab.flow()
  const due = await dueTimeRow(lab.db, flow)
  const id = await executionRow(lab.db, flow, { schedule_execution_id: due, execution_type: 'scheduled' })
  expect(await execute(flow)).toMatchObject({ status: 409, body: { running_execution_id: id } })
  expect(await ask(id, 'pause')).toMatchObject({
    status: 409,
    body: { remedy: expect.stringContaining('cancel') },
  })
  expect(await ask(id, 'cancel')).toMatchObject({ status: 202, body: { status: 'cancelled' } })
  expect(await dueTimeById(lab.db, due)).toMatchObject({
    status: 'skipped',
    reason: expect.stringMatching(/cancelled by/),
  })
  const { body } = await lab.call('GET', `/protection-flows/${flow}`)
  expect(body).toMatchObject({ current_execution: null, status: { total_executions: 1 } })
})

test('a retry is a new execution of what did not end well', async () => {
  const { flow, id } = await running()
  await itemRow(lab.db, id, { position: 0, status: 'completed' })
  await itemRow(lab.db, id, { position: 1, status: 'failed' })
  expect((await ask(id, 'retry')).status).toBe(409)
  await end(flow, 'warning')
  await until(id, 'warning')
  expect((await lab.call('GET', `/executions/${id}`)).body).toMatchObject({
    available_actions: ['retry'],
    retried_by: null,
  })
  const retried = await ask(id, 'retry')
  expect(retried).toMatchObject({ status: 202, body: { retry_of: id, flow_id: flow } })
  expect((await lab.call('GET', `/executions/${id}`)).body['retried_by']).toBe(retried.body['id'])
  expect(await ask(id, 'retry')).toMatchObject({
    status: 409,
    body: {
      running_execution_id: retried.body['id'],
      detail: expect.stringContaining(`its retry ${String(retried.body['id'])} has not ended`),
    },
  })
  const good = await executionRow(lab.db, flow, { status: 'success' })
  await itemRow(lab.db, good, { position: 0, status: 'completed' })
  expect(await ask(good, 'retry')).toMatchObject({
    status: 409,
    body: { detail: expect.stringContaining('none') },
  })
}, 60_000)

test('what a retry took up is not retried once more; one that took up nothing does not count', async () => {
  const flow = await lab.flow()
  const failed = await executionRow(lab.db, flow, { status: 'error' })
  await itemRow(lab.db, failed, { position: 0, status: 'failed' })
  const retried = (change: Partial<Execution>): Promise<string> =>
    executionRow(lab.db, flow, { retry_of: failed, ...change })
  const actions = async () => (await lab.call('GET', `/executions/${failed}`)).body['available_actions']
  await retried({ status: 'cancelled', created_at: '2026-05-01T00:00:00.000Z' })
  expect(await actions()).toEqual(['retry'])
  const good = await retried({
    ...{ status: 'success', jobs_completed: 1, created_at: '2026-05-02T00:00:00.000Z' },
  })
  await itemRow(lab.db, good, { position: 0, status: 'completed' })
  expect(await actions()).toEqual([])
  const refused = {
    status: 409,
    body: { detail: expect.stringContaining(`its retry ${good} has backed up`), facts: { retried_by: good } },
  }
  expect(await ask(failed, 'retry')).toMatchObject(refused)
  expect((await ask(failed, 'cancel')).body['remedy']).toBe('Nothing has to be done.')
  const bad = await retried({ status: 'error', created_at: '2026-05-03T00:00:00.000Z' })
  await itemRow(lab.db, bad, { position: 0, status: 'failed' })
  expect((await ask(failed, 'retry')).body['remedy']).toBe(`Retry ${bad}: it has what is left.`)
  const key = { 'idempotency-key': `key-${bad}` }
  const first = await lab.call('POST', `/executions/${bad}/retry`, undefined, key)
  expect(first).toMatchObject({ status: 202, body: { retry_of: bad } })
  const same = await lab.call('POST', `/executions/${bad}/retry`, undefined, key)
  expect(same).toMatchObject({ status: 202, body: { id: first.body['id'] } })
}, 60_000)

test('everything pauses and goes on, except what somebody had paused alone', async () => {
  const [one, alone] = [await running(), await running()]
  await ask(alone.id, 'pause')
  const paused = await lab.call('POST', '/protection-flows/pause-all', { reason: 'moving house' })
  expect(paused).toMatchObject({ status: 200, body: { all_paused: { reason: 'moving house' } } })
  await until(one.id, 'paused')
  const held = await lab.call('GET', `/protection-flows/${one.flow}/status`)
  expect(held.body['held_by']).toMatch(/All flows are paused by .*: moving house/)
  expect((await lab.call('GET', '/protection-flows/summary')).body['all_paused']).not.toBeNull()
  const resumed = await lab.call('POST', '/protection-flows/resume-all')
  expect(resumed).toMatchObject({ status: 200, body: { all_paused: null, refused: [] } })
  await until(one.id, 'running')
  expect((await executionById(lab.db, alone.id))?.status).toBe('paused')
}, 60_000)
