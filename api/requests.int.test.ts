import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { credentialById } from '../drizzle/queries/credentials.js'
import { platformById } from '../drizzle/queries/platforms.js'
import { openTestDatabase } from '../drizzle/testing/database.js'
import type { TestDatabase } from '../drizzle/testing/database.js'
import { makeRepository, registerVm, startBackup } from '../drizzle/testing/samples.js'
import { operations } from './contract/operations.js'
import { temporalAddressOf } from './testing/environment.js'
import { aUser, openTestApi } from './testing/test-api.js'
import type { TestApi } from './testing/test-api.js'

let database: TestDatabase
let api: TestApi
const tokens = { viewer: '', operator: '', admin: '' }
beforeAll(async () => {
  database = await openTestDatabase()
  api = await openTestApi({ database: database.database, temporalAddress: temporalAddressOf(process.env) })
  for (const role of ['viewer', 'operator', 'admin'] as const)
    tokens[role] = (await aUser(api.context, role)).token
}, 60_000)
afterAll(async () => {
  await api[Symbol.asyncDispose]()
  await database[Symbol.asyncDispose]()
})

const exampleOf = (path: string): string =>
  path.replaceAll(/\{\w+\}/g, path.includes('/repositories/') ? '1' : 'some-id')

describe('who is let in', () => {
  const closed = operations.filter((entry) => entry.role !== 'open')

  test.each(closed.map((entry) => [entry.method, exampleOf(entry.path)]))(
    '%s %s wants a login',
    async (method, path) => {
      const answer = await api.call(method, path)
      expect(answer).toMatchObject({
        status: 401,
        body: { code: 'unauthenticated', error: expect.any(String) as string },
      })
      expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/)
    },
  )

  const above = closed.filter((entry) => entry.role !== 'viewer')
  test.each(above.map((entry) => [entry.method, exampleOf(entry.path), entry.role] as const))(
    '%s %s wants the role %s',
    async (method, path, role) => {
      const token = role === 'admin' ? tokens.operator : tokens.viewer
      expect(await api.call(method, path, { token, body: method === 'GET' ? undefined : {} })).toMatchObject({
        status: 403,
        body: { code: 'forbidden' },
      })
    },
  )

  test.each(['Bearer nonsense', 'Bearer sda_unknown', 'Basic YTpi', 'Bearer a b'])(
    'the header %s is refused',
    async (authorization) => {
      expect((await api.call('GET', '/platforms', { headers: { authorization } })).status).toBe(401)
    },
  )
})

describe('shape', () => {
  const post = (path: string, body: unknown) => api.call('POST', path, { token: tokens.admin, body })

  test.each([
    { name: 'bad JSON', path: '/backups', body: '{"vm_name": "x"', status: 400 },
    { name: 'an array', path: '/backups', body: [], status: 400 },
    { name: 'a text', path: '/backups', body: '"x"', status: 400 },
    { name: 'no body', path: '/backups', body: undefined, status: 400 },
    {
      name: 'a name of a megabyte',
      path: '/backups',
      body: { vm_name: 'x'.repeat(1 << 20), repository_id: 1 },
      status: 413,
    },
    {
      name: 'a name of 256 characters',
      path: '/backups',
      body: { vm_name: 'x'.repeat(256), repository_id: 1 },
      status: 400,
    },
    {
      name: 'a repository that is no id',
      path: '/backups',
      body: { vm_name: 'x', repository_id: 'main' },
      status: 400,
    },
    {
      name: 'a VM that is no id',
      path: '/backups',
      body: { vm_context_id: '../x', repository_id: 1 },
      status: 400,
    },
    { name: 'a platform that is no id', path: '/discover', body: { platform_id: 'a b' }, status: 400 },
    { name: 'a prototype', path: '/backups', body: '{"__proto__": {"admin": true}}', status: 400 },
  ])('$name is $status', async ({ path, body, status }) => {
    const answer = await post(path, body)
    expect(answer).toMatchObject({ status, body: { status, detail: expect.any(String) as string } })
    expect(answer.text.length).toBeLessThan(5000)
  })

  test.each([
    '/backups/..%2f..%2fetc',
    '/backups/a%00b',
    '/backups/%ff',
    '/repositories/abc',
    '/repositories/0',
    `/backups/${'x'.repeat(65)}`,
  ])('GET %s is 400', async (path) => {
    expect(await api.call('GET', path, { token: tokens.viewer })).toMatchObject({
      status: 400,
      body: { code: 'bad-request' },
    })
  })

  test.each([
    'limit=0',
    'limit=x',
    'status=done',
    'cursor=nonsense',
    'repository_id=-1',
    'status=failed&status=running',
  ])('GET /backups?%s is 400', async (query) => {
    expect(await api.call('GET', `/backups?${query}`, { token: tokens.viewer })).toMatchObject({
      status: 400,
    })
  })

  test.each([
    ['GET', '/backups/backup-none'],
    ['GET', '/vm-contexts/ctx-none'],
    ['GET', '/platforms/plat-none'],
    ['GET', '/repositories/999'],
    ['DELETE', '/backups/backup-none'],
    ['POST', '/backups/backup-none/cancel'],
    ['POST', '/backups/backup-none/verify'],
    ['POST', '/platforms/plat-none/test'],
    ['GET', '/discover/discover-none'],
    ['GET', '/backups/chain?vm_name=nobody'],
    ['GET', '/backups/backup-none/disks/disk-1/content'],
    ['GET', '/nothing/here'],
    ['PUT', '/backups'],
  ])('%s %s is 404', async (method, path) => {
    expect(await api.call(method, path, { token: tokens.admin })).toMatchObject({ status: 404 })
  })
})

describe('platforms', () => {
  const secret = 'planted-Secret-7c1e'
  const body = { name: 'lab', kind: 'vmware', host: 'vc.example', username: 'operator', password: secret }

  test('the password is sealed, never returned, and replaced in its place', async () => {
    const made = await api.call('POST', '/platforms', { token: tokens.admin, body })
    expect(made).toMatchObject({
      status: 201,
      body: { name: 'lab', tls: { mode: 'verify' }, transport: 'vddk', datacenter: null },
    })
    const id = String(made.body['id'])
    const credentialId = (await platformById(api.context.db, id))?.credential_id ?? ''
    const sealed = (await credentialById(api.context.db, credentialId))?.sealed ?? ''
    expect(sealed).toMatch(/^v1\./)
    const changed = await api.call('PATCH', `/platforms/${id}`, {
      token: tokens.admin,
      body: { host: 'vc2.example', password: `${secret}-2` },
    })
    expect(changed).toMatchObject({ status: 200, body: { host: 'vc2.example', name: 'lab' } })
    expect((await credentialById(api.context.db, credentialId))?.sealed).not.toBe(sealed)
    const answers = [
      made,
      changed,
      await api.call('GET', `/platforms/${id}`, { token: tokens.viewer }),
      await api.call('GET', '/platforms', { token: tokens.viewer }),
    ]
    for (const { text } of answers) expect(text).not.toMatch(/planted-Secret|credential|sealed|v1\./)
    expect(api.logged()).not.toContain(secret)
  })

  test('a taken name is 409 and leaves no sealed password behind', async () => {
    const again = { ...body, name: 'twice' }
    expect((await api.call('POST', '/platforms', { token: tokens.admin, body: again })).status).toBe(201)
    expect(await api.call('POST', '/platforms', { token: tokens.admin, body: again })).toMatchObject({
      status: 409,
    })
  })

  test.each(['ossea', 'libvirt', 'hyperv'])('the kind %s is not available yet', async (kind) => {
    expect(
      await api.call('POST', '/platforms', { token: tokens.admin, body: { ...body, name: kind, kind } }),
    ).toMatchObject({
      status: 422,
      body: { code: 'not-available', remedy: expect.any(String) as string },
    })
  })

  test.each([
    { name: 'another host', change: { host: 'evil.example' } },
    { name: 'another user', change: { username: 'somebody' } },
    { name: 'another trust', change: { tls: { mode: 'insecure' } } },
  ])('$name is not told the stored password: the change needs it', async ({ name, change }) => {
    const made = await api.call('POST', '/platforms', { token: tokens.admin, body: { ...body, name } })
    const { id, host, username, tls } = made.body
    const same = { name, host, username, tls }
    for (const [method, sent] of [
      ['PATCH', change],
      ['PUT', { ...same, ...change }],
    ] as const) {
      const at = `/platforms/${String(id)}`
      expect(await api.call(method, at, { token: tokens.admin, body: sent })).toMatchObject({
        status: 422,
        body: { errors: [{ path: 'body.password' }], remedy: expect.any(String) as string },
      })
      expect((await api.call('GET', at, { token: tokens.admin })).body).toMatchObject(same)
      const known = { ...same, ...change, password: secret }
      expect((await api.call('PUT', at, { token: tokens.admin, body: known })).status).toBe(200)
      const back = { ...same, password: secret }
      expect((await api.call('PUT', at, { token: tokens.admin, body: back })).status).toBe(200)
      expect((await api.call('PUT', at, { token: tokens.admin, body: same })).status).toBe(200)
    }
  })

  test('PUT sets everything, the password only when given; DELETE forgets both', async () => {
    const made = await api.call('POST', '/platforms', {
      token: tokens.admin,
      body: { ...body, name: 'put', datacenter: 'DC1' },
    })
    const id = String(made.body['id'])
    const values = {
      name: 'put-2',
      host: 'h',
      username: 'u',
      tls: { mode: 'insecure' },
      password: 'of the other host',
    }
    expect(await api.call('PUT', `/platforms/${id}`, { token: tokens.admin, body: values })).toMatchObject({
      status: 200,
      body: { name: 'put-2', datacenter: null, tls: { mode: 'insecure' } },
    })
    const credentialId = (await platformById(api.context.db, id))?.credential_id ?? ''
    expect((await api.call('DELETE', `/platforms/${id}`, { token: tokens.admin })).status).toBe(204)
    expect(await credentialById(api.context.db, credentialId)).toBeUndefined()
    expect((await api.call('GET', `/platforms/${id}`, { token: tokens.admin })).status).toBe(404)
  })

  test('a platform with VMs and a repository with backups are not deleted', async () => {
    const of = await registerVm(api.context.db)
    await startBackup(api.context.db, of)
    for (const path of [`/platforms/${of.platform.id}`, `/repositories/${of.repositoryId}`])
      expect(await api.call('DELETE', path, { token: tokens.admin })).toMatchObject({
        status: 409,
        body: { code: 'conflict' },
      })
    expect(
      (
        await api.call('DELETE', `/repositories/${await makeRepository(api.context.db)}`, {
          token: tokens.admin,
        })
      ).status,
    ).toBe(204)
  })
})

describe('reading', () => {
  test('VMs are listed with disks and newest backup, and backups page by key', async () => {
    const of = await registerVm(api.context.db)
    const ids = []
    for (const minute of [1, 2, 3])
      ids.unshift(await startBackup(api.context.db, of, { created_at: `2026-01-01T00:0${minute}:00.000Z` }))
    const vm = await api.call('GET', `/vm-contexts/${of.context.id}`, { token: tokens.viewer })
    expect(vm).toMatchObject({
      status: 200,
      body: {
        id: of.context.id,
        latest_backup: { id: ids[0], backup_id: ids[0], repository_id: String(of.repositoryId) },
      },
    })
    expect(vm.body['disks']).toHaveLength(of.disks.length)
    expect((vm.body['latest_backups'] as { id: string }[]).map((job) => job.id)).toEqual(ids)
    const query = `vm_context_id=${of.context.id}&limit=2`
    const first = await api.call('GET', `/backups?${query}`, { token: tokens.viewer })
    expect(first.body).toMatchObject({ total: 3, backups: [{ id: ids[0] }, { id: ids[1] }] })
    const second = await api.call(
      'GET',
      `/backup/list?${query}&cursor=${String(first.body['next_cursor'])}`,
      { token: tokens.viewer },
    )
    expect(second.body).toMatchObject({ total: 3, next_cursor: null, backups: [{ id: ids[2] }] })
  })

  test("a backup has the seeds' fields, and those not set yet are absent", async () => {
    const of = await registerVm(api.context.db)
    const id = await startBackup(api.context.db, of)
    for (const path of [`/backups/${id}`, `/backup/${id}`]) {
      const { body } = await api.call('GET', path, { token: tokens.viewer })
      expect(body).toMatchObject({
        id,
        vm_context_id: of.context.id,
        vm_name: of.context.vm_name,
        status: 'pending',
        file_path: '',
        bytes_transferred: 0,
        progress: { bytes_total: 0, samples: [] },
        steps: [],
        temporal_url: null,
      })
      expect(body).not.toHaveProperty('completed_at')
      expect(body).not.toHaveProperty('error_message')
      expect(body).not.toHaveProperty('snapshot_token')
    }
  })

  test('an insecure platform is shown with its VMs and runs, and no longer once it is pinned', async () => {
    const [insecure, verified] = [await registerVm(api.context.db), await registerVm(api.context.db)]
    const id = await startBackup(api.context.db, insecure)
    await startBackup(api.context.db, verified)
    const set = (tls: object) =>
      api.call('PATCH', `/platforms/${insecure.platform.id}`, {
        token: tokens.admin,
        body: { tls, password: 'known' },
      })
    const read = async (path: string) => (await api.call('GET', path, { token: tokens.viewer })).body
    const run = { id, platform_tls_mode: 'insecure' }

    expect(await set({ mode: 'insecure' })).toMatchObject({ status: 200 })
    expect(await read(`/vm-contexts/${insecure.context.id}`)).toMatchObject({
      platform_tls_mode: 'insecure',
      latest_backup: run,
      latest_backups: [run],
    })
    for (const path of [`/backups/${id}`, `/backup/${id}`]) expect(await read(path)).toMatchObject(run)
    const modeOf = async (path: string, list: string, of: typeof insecure) => {
      const rows = (await read(path))[list] as Record<string, unknown>[]
      const key = list === 'backups' ? 'vm_context_id' : 'id'
      return rows.filter((row) => row[key] === of.context.id).map((row) => row['platform_tls_mode'])
    }
    for (const [path, list] of [
      ['/vm-contexts?limit=200', 'vm_contexts'],
      ['/backups?limit=200', 'backups'],
    ] as const) {
      expect(await modeOf(path, list, insecure)).toEqual(['insecure'])
      expect(await modeOf(path, list, verified)).toEqual(['verify'])
    }

    await set({ mode: 'thumbprint', thumbprint: Array(32).fill('AB').join(':') })
    expect(await read(`/vm-contexts/${insecure.context.id}`)).toMatchObject({
      platform_tls_mode: 'thumbprint',
    })
    expect(await read(`/backups/${id}`)).toMatchObject({ platform_tls_mode: 'thumbprint' })
  })

  test('a chain of a VM without points is 404', async () => {
    const of = await registerVm(api.context.db)
    expect(
      (await api.call('GET', `/backup/chain?vm_context_id=${of.context.id}`, { token: tokens.viewer }))
        .status,
    ).toBe(404)
  })

  test('content of a backup that has not ended is refused', async () => {
    const of = await registerVm(api.context.db)
    const id = await startBackup(api.context.db, of)
    expect(
      (await api.call('GET', `/backups/${id}/disks/${of.disks[0]?.id}/content`, { token: tokens.operator }))
        .status,
    ).toBe(404)
  })

  test('the OpenAPI document wants a login, its page does not', async () => {
    expect((await api.call('GET', '/openapi.json')).status).toBe(401)
    expect(await api.call('GET', '/openapi.json', { token: tokens.viewer })).toMatchObject({
      status: 200,
      body: { openapi: '3.1.0' },
    })
    const page = await (await fetch(`${api.url}/api/docs/`)).text()
    expect(page).toContain('swagger-ui-bundle.js')
    expect(page).not.toMatch(/https?:\/\//)
  })
})

test('health says that no worker serves, with the database and Temporal there', async () => {
  expect(await api.call('GET', '/health')).toMatchObject({
    body: { checks: { database: { ok: true }, temporal: { ok: true } } },
  })
})

test('with Temporal away the API reads, and says 503 where it cannot go on', async () => {
  const listener = createServer().listen(0, '127.0.0.1')
  await once(listener, 'listening')
  const { port } = listener.address() as AddressInfo
  await new Promise((resolve) => listener.close(resolve))
  await using away = await openTestApi({ database: database.database, temporalAddress: `127.0.0.1:${port}` })
  const started = Date.now()
  expect(await away.call('GET', '/health')).toMatchObject({
    status: 503,
    body: {
      status: 'unavailable',
      checks: { database: { ok: true }, temporal: { ok: false }, workers: { ok: false } },
    },
  })
  expect(Date.now() - started).toBeLessThan(4000)
  expect((await away.call('GET', '/backups', { token: tokens.viewer })).status).toBe(200)
  const of = await registerVm(away.context.db)
  const body = { vm_context_id: of.context.id, repository_id: of.repositoryId }
  const answer = await away.call('POST', '/backups', { token: tokens.operator, body })
  expect(answer).toMatchObject({ status: 503, body: { code: 'service-unavailable' } })
  expect(
    await away.call('GET', `/backups?vm_context_id=${of.context.id}`, { token: tokens.viewer }),
  ).toMatchObject({ body: { total: 0 } })
}, 40_000)

test('with the database away every answer is 503, and health says which service it is', async () => {
  const other = await openTestDatabase()
  await using lost = await openTestApi({
    database: other.database,
    temporalAddress: temporalAddressOf(process.env),
  })
  const { token } = await aUser(lost.context, 'admin')
  await other[Symbol.asyncDispose]()
  expect(await lost.call('GET', '/platforms', { token })).toMatchObject({
    status: 503,
    body: { code: 'service-unavailable' },
  })
  expect(await lost.call('GET', '/health')).toMatchObject({
    status: 503,
    body: { checks: { database: { ok: false } } },
  })
}, 30_000)
