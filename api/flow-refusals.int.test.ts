import { lockFlow } from '../drizzle/queries/flows.js'
import { switchRepository } from '../drizzle/testing/execution-rows.js'
import { makeRepository } from '../drizzle/testing/samples.js'
import { openFlowLab } from './testing/flow-lab.js'
import type { FlowLab } from './testing/flow-lab.js'
import { aUser } from './testing/test-api.js'

let lab: FlowLab
let flowId = ''
let switchedOff = 0
let nightly = ''
beforeAll(async () => {
  lab = await openFlowLab(process.env)
  flowId = await lab.flow({ name: 'taken' })
  await lab.flow({ name: 'other' })
  nightly = (await lab.schedule()).id
  switchedOff = await makeRepository(lab.db)
  await switchRepository(lab.db, switchedOff, false)
}, 60_000)
afterAll(() => lab[Symbol.asyncDispose](), 60_000)

const day = { window_start: '08:00', window_end: '18:00' }
const refusals: {
  name: string
  change: object | (() => object)
  status: number
  field?: string
  code?: string
}[] = [
  { name: 'an unknown VM', change: { target_id: 'ctx-none' }, status: 422, field: 'target_id' },
  {
    name: 'an unknown group',
    change: { target_type: 'group', target_id: 'grp-none' },
    status: 422,
    field: 'target_id',
  },
  { name: "a VM's id as a group's", change: { target_type: 'group' }, status: 422, field: 'target_id' },
  { name: 'an unknown repository', change: { repository_id: 9999 }, status: 422, field: 'repository_id' },
  { name: 'no repository', change: { repository_id: null }, status: 422, field: 'repository_id' },
  {
    name: 'a repository that is off',
    change: () => ({ repository_id: switchedOff }),
    status: 409,
    field: 'repository_id',
  },
  { name: 'an unknown schedule', change: { schedule_id: 'sched-none' }, status: 422, field: 'schedule_id' },
  { name: 'an unknown policy', change: { policy_id: 9999 }, status: 422, field: 'policy_id' },
  {
    name: 'a replication',
    change: { flow_type: 'replication' },
    status: 422,
    field: 'flow_type',
    code: 'not-available',
  },
  { name: 'a destination', change: { destination_type: 'ossea' }, status: 422, field: 'destination_type' },
  { name: 'half a window', change: { window_start: '22:00' }, status: 422, field: 'window_end' },
  { name: 'the other half', change: { window_end: '22:00' }, status: 422, field: 'window_start' },
  {
    name: 'an empty window',
    change: { window_start: '22:00', window_end: '22:00' },
    status: 422,
    field: 'window_end',
  },
  {
    name: 'a window that nothing reaches',
    change: () => ({ ...day, schedule_id: nightly }),
    status: 422,
    field: 'window_start',
  },
  { name: 'a name that is taken', change: { name: 'other' }, status: 409, field: 'name' },
  { name: 'a name of 10,000 characters', change: { name: 'x'.repeat(10_000) }, status: 400, field: 'name' },
  { name: 'a name with a NUL', change: { name: 'a\u0000b' }, status: 400, field: 'name' },
  { name: 'a name that is no text', change: { name: '\ud800' }, status: 400, field: 'name' },
  {
    name: 'a description with a NUL',
    change: { description: 'a\u0000b' },
    status: 400,
    field: 'description',
  },
  { name: 'an unknown field', change: { nonsense: 1 }, status: 400, field: 'nonsense' },
  { name: 'a wrong type', change: { enabled: 'yes' }, status: 400, field: 'enabled' },
  { name: 'an id that is none', change: { target_id: "' or 1=1 --" }, status: 400, field: 'target_id' },
  {
    name: 'a time that is none',
    change: { window_start: '25:00', window_end: '22:00' },
    status: 400,
    field: 'window_start',
  },
]

test.each(refusals)('$name is refused, and nothing changes', async ({ change, status, field, code }) => {
  const given = typeof change === 'function' ? change() : change
  const said = { status, body: { errors: [{ path: `body.${field}` }], ...(code && { code }) } }
  const before = await lockFlow(lab.db, flowId)
  expect(await lab.call('POST', '/protection-flows', lab.wanted(given))).toMatchObject(said)
  expect(await lab.call('PUT', `/protection-flows/${flowId}`, given)).toMatchObject(said)
  expect(await lockFlow(lab.db, flowId)).toEqual(before)
  expect((await lab.call('GET', '/protection-flows')).body['total']).toBe(2)
})

test('a repository that was switched off since does not hinder other changes', async () => {
  const repository_id = await makeRepository(lab.db)
  const id = await lab.flow({ repository_id })
  await switchRepository(lab.db, repository_id, false)
  expect((await lab.call('PUT', `/protection-flows/${id}`, { repository_id, max_retries: 1 })).status).toBe(
    200,
  )
  expect((await lab.call('DELETE', `/protection-flows/${id}`)).status).toBe(204)
})

test('viewers may look and change nothing', async () => {
  const { token } = await aUser(lab.api.context, 'viewer')
  expect((await lab.api.call('GET', '/protection-flows', { token })).status).toBe(200)
  expect((await lab.api.call('POST', '/protection-flows', { token, body: lab.wanted() })).status).toBe(403)
  expect((await lab.api.call('DELETE', `/protection-flows/${flowId}`, { token })).status).toBe(403)
})
