import { listAudit } from '../drizzle/queries/audit.js'
import { openTestDatabase } from '../drizzle/testing/database.js'
import type { TestDatabase } from '../drizzle/testing/database.js'
import { makeFlow, makeGroup } from '../drizzle/testing/sample-flows.js'
import { aVm, registerVm } from '../drizzle/testing/samples.js'
import type { RegisteredVm } from '../drizzle/testing/samples.js'
import { worldOf } from '../drizzle/testing/world.js'
import type { ChangedEvent } from './contract/events.js'
import { temporalAddressOf } from './testing/environment.js'
import { aUser, openTestApi } from './testing/test-api.js'
import type { Answer, TestApi } from './testing/test-api.js'

jest.setTimeout(60_000)

let database: TestDatabase
let api: TestApi
let token: string
let vms: RegisteredVm[]
let username: string
const events: { topic: string; id: string | null }[] = []
beforeAll(async () => {
  database = await openTestDatabase()
  api = await openTestApi({ database: database.database, temporalAddress: temporalAddressOf(process.env) })
  ;({ token, username } = await aUser(api.context, 'operator'))
  vms = []
  for (const name of ['alpha', 'beta', 'gamma'])
    vms.push(await registerVm(api.context.db, aVm({ name, path: `/DC/vm/${name}` })))
  api.context.hub.subscribe({
    topics: new Set(['machine-groups', 'flows']),
    sessionToken: null,
    userId: 'test',
    send: ({ topic, data }) => void events.push({ topic, id: (data as ChangedEvent).id }),
    close: () => undefined,
  })
})
afterAll(async () => {
  await api[Symbol.asyncDispose]()
  await database[Symbol.asyncDispose]()
})

const call = (method: string, path: string, body?: unknown): Promise<Answer> =>
  api.call(method, `/machine-groups${path}`, { token, body })
const vmId = (index: number): string => vms[index]?.context.id ?? ''
const protect = (target_id: string, change: object = {}) =>
  makeFlow(
    api.context.db,
    { target_type: 'group', target_id, repository_id: vms[0]?.repositoryId ?? null },
    change,
  )

test('a group is made as the seeds ask, changed by what is given, listed with its counts, and removed', async () => {
  const seed = { name: 'Test Group', max_concurrent_vms: 5, priority: 50, created_by: 'test@sendense.io' }
  const made = await call('POST', '', seed)
  expect(made).toMatchObject({ status: 201, body: { ...seed, created_by: username, members: 0, flows: 0 } })
  const id = String(made.body['id'])
  expect(events).toContainEqual({ topic: 'machine-groups', id })
  const rules = { name_patterns: ['al*'] }
  const changed = await call('PUT', `/${id}`, { description: 'mine', rules })
  const merged = { name: 'Test Group', priority: 50, description: 'mine', rules }
  expect(changed).toMatchObject({ status: 200, body: merged })
  expect((await call('PUT', `/${id}`, { rules: null })).body).toMatchObject({ rules: null, priority: 50 })
  expect((await call('PUT', `/${id}`, {})).status).toBe(200)
  await call('POST', `/${id}/members`, { vm_context_ids: [vmId(0), vmId(1)] })
  await protect(id, { name: 'that was' })
  const { groups } = (await call('GET', '?limit=1')).body as { groups: object[] }
  expect(groups).toMatchObject([{ id, members: 2, flows: 1 }])
  await api.context.db.execute(`update protection_flows set deleted_at = now() where target_id = '${id}'`)
  expect((await call('GET', `/${id}`)).body).toMatchObject({ members: 2, flows: 0 })
  expect((await call('DELETE', `/${id}`)).status).toBe(204)
  expect((await call('GET', `/${id}`)).status).toBe(404)
})

test('members are added, changed and removed', async () => {
  const { id } = await makeGroup(api.context.db)
  const ids = [vmId(0), vmId(1), vmId(0)]
  expect(await call('POST', `/${id}/members`, { vm_context_ids: ids })).toMatchObject({
    status: 200,
    body: { total: 2, members: [{ vm_name: 'alpha', priority: 50 }, { vm_name: 'beta' }] },
  })
  const again = { vm_context_ids: [vmId(1), vmId(2)], priority: 90 }
  expect((await call('POST', `/${id}/members`, again)).body).toMatchObject({
    members: [{ vm_name: 'beta' }, { vm_name: 'gamma' }, { vm_name: 'alpha', priority: 50 }],
  })
  const member = `/${id}/members/${vmId(1)}`
  expect((await call('PATCH', member, { enabled: false })).body).toMatchObject({
    enabled: false,
    priority: 90,
  })
  expect((await call('PATCH', member, {})).body).toMatchObject({ enabled: false, priority: 90 })
  const { rows } = await listAudit(api.context.db, { action: 'addGroupMembers' }, { limit: 1 })
  expect(rows).toMatchObject([{ subject: id, detail: { vm_context_ids: [vmId(1), vmId(2)] } }])
  events.length = 0
  expect((await call('DELETE', `/${id}/members/${vmId(2)}`)).status).toBe(204)
  expect(events).toEqual([{ topic: 'machine-groups', id }])
  expect((await call('GET', `/${id}/members`)).body['total']).toBe(2)
  const preview = await call('GET', `/${id}/preview`)
  expect(preview.body).toMatchObject({ total: 1, vms: [{ vm_name: 'alpha', because: 'member' }] })
  expect(preview.body['left_out']).toMatchObject([{ vm_name: 'beta' }])
})

test('rules that are not saved are tried, alone and with the members of a group', async () => {
  const { id } = await makeGroup(api.context.db)
  await call('POST', `/${id}/members`, { vm_context_ids: [vmId(2)] })
  const rules = { name_patterns: ['*A'], exclude_vm_ids: [vmId(1)] }
  const namesOf = async (body: object) => {
    const answer = (await call('POST', '/preview', body)).body as { vms: { vm_name: string }[] }
    return answer.vms.map((vm) => vm.vm_name)
  }
  expect(await namesOf({ rules })).toEqual(['alpha', 'gamma'])
  expect(await namesOf({ rules: { name_patterns: ['al*'] }, group_id: id })).toEqual(['alpha', 'gamma'])
  expect(await namesOf({ rules: null })).toEqual([])
})

describe('what is refused changes nothing', () => {
  const rule = (rules: object) => ({ name: 'new', rules: { name_patterns: ['*'], ...rules } })
  beforeAll(async () => {
    await makeGroup(api.context.db, { id: 'grp-taken', name: 'taken' })
    await makeGroup(api.context.db, { id: 'grp-other', name: 'other' })
    await protect('grp-taken', { name: 'Nightly <b>' })
  })
  const star = ['*']
  test.each<[what: string, ask: string, body: unknown, status: number, says: RegExp]>([
    ['an unknown group', 'PUT /grp-none', {}, 404, /grp-none/],
    ['an unknown group', 'DELETE /grp-none', undefined, 404, /no group/],
    ['its members', 'GET /grp-none/members', undefined, 404, /grp-none/],
    ['its preview', 'GET /grp-none/preview', undefined, 404, /grp-none/],
    ['an id of SQL', `GET /${encodeURIComponent("' or 1=1")}`, undefined, 400, /must be an id/],
    ['a taken name', 'POST ', { name: 'taken' }, 409, /named taken already/],
    ['a taken name', 'PUT /grp-other', { name: 'taken' }, 409, /named taken already/],
    ['a name of 10,000', 'POST ', { name: 'x'.repeat(10_000) }, 400, /body\.name/],
    ['a name of blanks', 'POST ', { name: '  ' }, 400, /body\.name/],
    ['a field nobody knows', 'POST ', { name: 'n', vms: [] }, 400, /vms: is not known/],
    ['a wrong type', 'PUT /grp-other', { priority: '5' }, 400, /body\.priority/],
    ['51 at once', 'PUT /grp-other', { max_concurrent_vms: 51 }, 400, /max_concurrent_vms/],
    ['empty rules', 'POST ', { name: 'n', rules: {} }, 400, /at least one name pattern/],
    [
      'a list too long',
      'POST ',
      rule({ power_states: Array.from({ length: 5000 }, () => 'poweredOn') }),
      400,
      /power_states/,
    ],
    ['a strange platform', 'POST ', rule({ platform_id: 'plat-none' }), 422, /rules\.platform_id.*plat-none/],
    [
      'a strange VM',
      'PUT /grp-other',
      { rules: { folders: star, exclude_vm_ids: ['ctx-no'] } },
      422,
      /ctx-no/,
    ],
    ['a group in use', 'DELETE /grp-taken', undefined, 409, /used by the flow Nightly <b>/],
    ['a strange member', 'PATCH /grp-other/members/ctx-no', { priority: 1 }, 404, /ctx-no/],
    ['a strange member', 'DELETE /grp-other/members/ctx-no', undefined, 404, /ctx-no/],
    ['a preview of no group', 'POST /preview', { rules: null, group_id: 'grp-none' }, 404, /grp-none/],
  ])('%s: %s', async (_what, ask, body, status, says) => {
    const [method = '', path = ''] = ask.split(' ')
    const before = await worldOf(api.context.db)
    const answer = await call(method, path, body)
    expect(answer).toMatchObject({ status, body: { error: expect.stringMatching(says) as string } })
    expect(answer.text.length).toBeLessThan(2000)
    expect(await worldOf(api.context.db)).toEqual(before)
  })

  test('members are added all or none: the unknown ones are named', async () => {
    const before = await worldOf(api.context.db)
    const body = { vm_context_ids: [vmId(0), 'ctx-no', 'ctx-neither'] }
    expect(await call('POST', '/grp-other/members', body)).toMatchObject({
      status: 404,
      body: { error: expect.stringMatching(/ctx-no, ctx-neither/) as string, errors: [{}, {}] },
    })
    const many = Array.from({ length: 500 }, (_, index) => `ctx-no-${index}`)
    const answer = await call('POST', '/grp-other/members', { vm_context_ids: many })
    expect(answer).toMatchObject({
      status: 404,
      body: { error: expect.stringMatching(/and 495 more/) as string },
    })
    expect(answer.body['errors']).toHaveLength(50)
    expect((await call('POST', '/grp-none/members', { vm_context_ids: [vmId(0)] })).status).toBe(404)
    expect(await worldOf(api.context.db)).toEqual(before)
  })

  test('SQL and HTML are names like any other', async () => {
    const name = `<img src=x onerror=alert(1)>'; drop table vm_groups; -- %_\\`
    const { body } = await call('POST', '', { name })
    expect((await call('GET', `/${String(body['id'])}`)).body['name']).toBe(name)
  })
})
