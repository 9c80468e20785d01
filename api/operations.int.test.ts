import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer, request as httpRequest } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { pruneDiscoveries } from '../drizzle/queries/discovered-vms.js'
import { finishBackup, updateBackup } from '../drizzle/queries/backup-changes.js'
import { openTestDatabase } from '../drizzle/testing/database.js'
import type { TestDatabase } from '../drizzle/testing/database.js'
import { holdExclusively } from '../drizzle/testing/exclusive.js'
import {
  aDisk,
  aVm,
  planDisks,
  registerPlatform,
  registerVm,
  startBackup,
} from '../drizzle/testing/samples.js'
import type { RegisteredVm } from '../drizzle/testing/samples.js'
import { temporalAddressOf } from './testing/environment.js'
import { aUser, openTestApi } from './testing/test-api.js'
import type { Answer, TestApi } from './testing/test-api.js'
import { refusal, startTestWorkers } from './testing/test-worker.js'
import type { Answers } from './testing/test-worker.js'

const room = { total_bytes: 100, used_bytes: 40, free_bytes: 60, reserved_bytes: 0 }
const disk = randomBytes(3_000_000)
let queues: AsyncDisposable
let database: TestDatabase
let api: TestApi
let workers: AsyncDisposable
let contentServer: Server
let token = ''
let asked: string[] = []
const broken = new Map<number, () => never>()
const cutOff: boolean[] = []

// Rows get their numbers one by one: these are the repositories of the tests below, in order.
const repositoryIds = Array.from({ length: 40 }, (_, index) => index + 1)

beforeAll(async () => {
  queues = await holdExclusively('the common queues')
  database = await openTestDatabase()
  const temporalAddress = temporalAddressOf(process.env)
  api = await openTestApi({ database: database.database, temporalAddress })
  token = (await aUser(api.context, 'admin')).token
  contentServer = createServer(serveDisk).listen(0, '127.0.0.1')
  await once(contentServer, 'listening')
  const answers: Answers = {
    inspect: (input) => {
      asked.push(`${input.action} ${input.neededBytes}`)
      broken.get(input.repositoryId)?.()
      return room
    },
    vms: () => [aVm({ id: 'uuid-one', name: 'one' }), aVm({ id: 'uuid-two', name: 'two' })],
    contentUrl: () => ({ url: contentUrl(), sizeBytes: disk.length }),
  }
  workers = await startTestWorkers(temporalAddress, database.database.db, answers, repositoryIds)
}, 600_000)
afterAll(async () => {
  for (const { vm_context_id } of (await call('GET', '/backups?limit=200')).body['backups'] as {
    vm_context_id: string
  }[])
    await api.context.temporal.workflow
      .getHandle(`backup:${vm_context_id}`)
      .terminate()
      .catch(() => undefined)
  await workers[Symbol.asyncDispose]()
  contentServer.closeAllConnections()
  contentServer.close()
  await api[Symbol.asyncDispose]()
  await database[Symbol.asyncDispose]()
  await queues[Symbol.asyncDispose]()
}, 60_000)

const call = (
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Answer> => api.call(method, path, { token, body, headers })
const contentUrl = (): string => `http://127.0.0.1:${(contentServer.address() as AddressInfo).port}/disk`
const wanted = (of: RegisteredVm, more: object = {}): object => ({
  vm_context_id: of.context.id,
  repository_id: of.repositoryId,
  ...more,
})
const newVm = (name = `vm-${randomBytes(3).toString('hex')}`): Promise<RegisteredVm> =>
  registerVm(
    database.database.db,
    aVm({
      id: randomBytes(8).toString('hex'),
      name,
      disks: [aDisk(2000, { backing_uuid: randomBytes(8).toString('hex') })],
    }),
  )

async function until(said: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 100; tries += 1) {
    if (await said()) return
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  throw new Error('it did not come true in 10 s')
}
const statusIs = (id: string, status: string) => async () =>
  (await call('GET', `/backups/${id}`)).body['status'] === status

function serveDisk(request: IncomingMessage, response: ServerResponse): void {
  const [, start = '0', end = '0'] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '') ?? []
  response.on('close', () => cutOff.push(!response.writableFinished))
  response.writeHead(206, { 'content-range': `bytes ${start}-${end}/${disk.length}` })
  response.end(disk.subarray(Number(start), Number(end) + 1))
}

describe('starting a backup', () => {
  test('runs it, once: the second start is 409 with the running id and changes nothing', async () => {
    const of = await newVm()
    const first = await call('POST', '/backups', wanted(of, { backup_type: 'full' }))
    expect(first).toMatchObject({
      status: 202,
      body: {
        vm_context_id: of.context.id,
        status: 'pending',
        repository_id: String(of.repositoryId),
        requested_type: 'full',
      },
    })
    const id = String(first.body['id'])
    expect(first.body['backup_id']).toBe(id)
    await until(statusIs(id, 'running'))
    const second = await call('POST', '/backup/start', wanted(of))
    expect(second).toMatchObject({ status: 409, body: { code: 'vm-busy', running_backup_id: id } })
    expect((await call('GET', `/backups?vm_context_id=${of.context.id}`)).body['total']).toBe(1)
    expect(await call('DELETE', `/backups/${id}`)).toMatchObject({
      status: 409,
      body: { code: 'vm-busy', running_backup_id: id },
    })
    expect((await call('GET', `/vm-contexts/${of.context.id}`)).body['running_backup_id']).toBe(id)
    expect((await call('POST', `/backups/${id}/cancel`)).status).toBe(202)
    await until(statusIs(id, 'cancelled'))
    expect(await call('POST', `/backups/${id}/cancel`)).toMatchObject({
      status: 409,
      body: { code: 'conflict' },
    })
  }, 30_000)

  test('of two at the same moment one wins', async () => {
    const of = await newVm()
    const answers = await Promise.all([1, 2, 3].map(() => call('POST', '/backups', wanted(of))))
    expect(answers.map((answer) => answer.status).sort()).toEqual([202, 409, 409])
    const winner = answers.find((answer) => answer.status === 202)
    for (const answer of answers.filter((one) => one.status === 409))
      expect(answer.body['running_backup_id']).toBe(winner?.body['id'])
    expect((await call('GET', `/backups?vm_context_id=${of.context.id}`)).body['total']).toBe(1)
  }, 30_000)

  test('the same Idempotency-Key gives the same backup, another request with it is 422', async () => {
    const of = await newVm()
    const key = { 'idempotency-key': randomBytes(8).toString('hex') }
    const first = await call('POST', '/backups', wanted(of), key)
    const again = await call('POST', '/backups', wanted(of, { quiesce: 'prefer' }), key)
    expect([first.status, again.status]).toEqual([202, 202])
    expect(again.body['id']).toBe(first.body['id'])
    const other = await call('POST', '/backups', wanted(of, { quiesce: 'never' }), key)
    expect(other).toMatchObject({ status: 422, body: { code: 'idempotency-mismatch' } })
  }, 30_000)

  test('the same key sent twice at once starts one backup', async () => {
    const of = await newVm()
    const key = { 'idempotency-key': randomBytes(8).toString('hex') }
    const answers = await Promise.all([1, 2, 3].map(() => call('POST', '/backups', wanted(of), key)))
    expect(answers.map((answer) => answer.status)).toEqual([202, 202, 202])
    expect(new Set(answers.map((answer) => answer.body['id'])).size).toBe(1)
  }, 30_000)

  test('a refused start gives its key back', async () => {
    const of = await newVm()
    const key = { 'idempotency-key': randomBytes(8).toString('hex') }
    broken.set(of.repositoryId, () => {
      throw refusal('repository-marker', 'The marker is missing')
    })
    expect((await call('POST', '/backups', wanted(of), key)).status).toBe(409)
    broken.delete(of.repositoryId)
    expect((await call('POST', '/backups', wanted(of), key)).status).toBe(202)
  }, 30_000)

  test.each([
    { code: 'repository-marker', status: 409, facts: {} },
    { code: 'repository-full', status: 507, facts: { needed_bytes: 10, free_bytes: 5 } },
    { code: 'repository-missing', status: 409, facts: {} },
  ])('a repository with $code is $status and leaves no row', async ({ code, status, facts }) => {
    const of = await newVm()
    broken.set(of.repositoryId, () => {
      throw refusal(code, `It is ${code}`, facts)
    })
    expect(await call('POST', '/backups', wanted(of))).toMatchObject({
      status,
      body: { code, detail: `It is ${code}`, remedy: 'Do something.', ...(status === 507 ? { facts } : {}) },
    })
    expect((await call('GET', `/backups?vm_context_id=${of.context.id}`)).body['total']).toBe(0)
  })

  test('a run whose job has ended keeps nobody out: its last moment is waited for', async () => {
    const of = await newVm()
    const id = String((await call('POST', '/backups', wanted(of))).body['id'])
    await until(statusIs(id, 'running'))
    const ended = { status: 'cancelled', cleanup: 'done', completed_at: new Date().toISOString() } as const
    await finishBackup(database.database.db, id, ended)
    const next = call('POST', '/backups', wanted(of))
    const stillOpen = new Promise((resolve) => setTimeout(resolve, 300, 'waits'))
    expect(await Promise.race([next, stillOpen])).toBe('waits')
    await api.context.temporal.workflow.getHandle(`backup:${of.context.id}`).terminate()
    expect((await next).status).toBe(202)
  })

  test('an unknown VM is 404, a name that two bear is 409 with both', async () => {
    const [one, two] = [await newVm('twin'), await newVm('twin')]
    const body = { vm_name: 'twin', repository_id: one.repositoryId }
    const answer = await call('POST', '/backups', body)
    expect(answer).toMatchObject({ status: 409, body: { code: 'vm-ambiguous' } })
    const candidates = answer.body['candidates'] as { vm_context_id: string }[]
    expect(candidates.map((candidate) => candidate.vm_context_id).sort()).toEqual(
      [one.context.id, two.context.id].sort(),
    )
    expect(await call('POST', '/backups', { ...body, vm_name: 'Twin' })).toMatchObject({
      status: 404,
      body: { code: 'vm-not-found' },
    })
    expect((await call('POST', '/backups', wanted(one, { repository_id: 999_999 }))).status).toBe(404)
  })

  test("disks to leave out must be the VM's, and one must remain", async () => {
    const of = await newVm()
    const all = of.disks.map((one) => one.id)
    expect((await call('POST', '/backups', wanted(of, { exclude_disks: ['disk-of-another'] }))).status).toBe(
      422,
    )
    expect((await call('POST', '/backups', wanted(of, { exclude_disks: all }))).status).toBe(422)
  })
})

describe('points', () => {
  async function aPoint(vm?: RegisteredVm): Promise<{ of: RegisteredVm; id: string; diskId: string }> {
    const of = vm ?? (await newVm())
    const { db } = database.database
    const id = await startBackup(db, of)
    await planDisks(db, id, of.disks)
    const completed_at = new Date().toISOString()
    await updateBackup(
      db,
      id,
      { status: 'completed', completed_at, manifest_path: `${of.context.id}/points/${id}.json` },
      ['pending'],
    )
    return { of, id, diskId: of.disks[0]?.id ?? '' }
  }

  test('a point is verified and deleted', async () => {
    const { id } = await aPoint()
    expect(await call('POST', `/backups/${id}/verify`)).toMatchObject({
      status: 202,
      body: { backup_id: id, workflow_id: `verify:${id}` },
    })
    await api.context.temporal.workflow.getHandle(`verify:${id}`).result()
    expect((await call('DELETE', `/backup/${id}`)).status).toBe(204)
    expect((await call('GET', `/backups/${id}`)).status).toBe(404)
  })

  test('a chain names its disk by index, and a point without children by its own id', async () => {
    const { of, id, diskId } = await aPoint()
    const answer = await call('GET', `/backups/chain?vm_context_id=${of.context.id}`)
    expect(answer).toMatchObject({
      status: 200,
      body: {
        vm_context_id: of.context.id,
        disk_id: 0,
        vm_disk_id: diskId,
        full_backup_id: id,
        backup_count: 1,
        backups: [{ id }],
        points: [{ backup_id: id, disk: { disk_id: diskId, stored_as: 'root' }, needed_by: [] }],
        chains: [{ full_backup_id: id, newest_backup_id: id, backup_count: 1 }],
        whole: { backup_ids: [id] },
      },
    })
  })

  test('a chain tells what stands on each of its points, and the other chains of its disk', async () => {
    const { of, id, diskId } = await aPoint()
    const child = await startBackup(database.database.db, of)
    await planDisks(database.database.db, child, of.disks, { parent_backup_id: id, stored_as: 'overlay' })
    const second = await aPoint(of)
    const asked = `/backups/chain?vm_context_id=${of.context.id}&disk_id=${diskId}`
    expect((await call('GET', asked)).body).toMatchObject({
      backups: [{ id: second.id }],
      chains: [{ full_backup_id: id }, { full_backup_id: second.id }],
      whole: { backup_ids: [second.id] },
    })
    expect((await call('GET', `${asked}&backup_id=${id}`)).body).toMatchObject({
      backups: [{ id }],
      points: [{ backup_id: id, needed_by: [child] }],
      whole: { backup_ids: [id] },
    })
    expect((await call('GET', `${asked}&repository_id=999999`)).status).toBe(404)
  })

  const read = async (
    id: string,
    diskId: string,
    headers: Record<string, string> = {},
    method = 'GET',
  ): Promise<Response> =>
    fetch(`${api.url}/api/v1/backups/${id}/disks/${diskId}/content`, {
      method,
      headers: { authorization: `Bearer ${token}`, ...headers },
    })

  test('a disk is read whole, in ranges, and asked for its size', async () => {
    const { id, diskId } = await aPoint()
    const whole = await read(id, diskId)
    expect([whole.status, whole.headers.get('accept-ranges')]).toEqual([200, 'bytes'])
    expect(Buffer.from(await whole.arrayBuffer()).equals(disk)).toBe(true)
    const part = await read(id, diskId, { range: 'bytes=1000-1999' })
    expect([part.status, part.headers.get('content-range')]).toEqual([206, `bytes 1000-1999/${disk.length}`])
    expect(Buffer.from(await part.arrayBuffer()).equals(disk.subarray(1000, 2000))).toBe(true)
    const tail = await read(id, diskId, { range: 'bytes=-10' })
    expect(Buffer.from(await tail.arrayBuffer()).equals(disk.subarray(-10))).toBe(true)
    const beyond = await read(id, diskId, { range: `bytes=${disk.length}-` })
    expect([beyond.status, beyond.headers.get('content-range')]).toEqual([416, `bytes */${disk.length}`])
    const head = await read(id, diskId, {}, 'HEAD')
    expect([head.status, head.headers.get('content-length'), await head.text()]).toEqual([
      200,
      String(disk.length),
      '',
    ])
  })

  test('content whose server closed when idle is opened anew', async () => {
    const { id, diskId } = await aPoint()
    await (await read(id, diskId, { range: 'bytes=0-9' })).arrayBuffer()
    const closed = createServer().listen(0, '127.0.0.1')
    await once(closed, 'listening')
    const { port } = closed.address() as AddressInfo
    await new Promise((resolve) => closed.close(resolve))
    const known = api.context.contents.get(`${id}/${diskId}`)
    if (known === undefined) throw new Error('the content was not remembered')
    api.context.contents.set(`${id}/${diskId}`, { ...known, url: `http://127.0.0.1:${port}/disk` })
    const again = await read(id, diskId, { range: 'bytes=0-9' })
    expect(Buffer.from(await again.arrayBuffer()).equals(disk.subarray(0, 10))).toBe(true)
  })

  test('a reader that goes away ends the reading', async () => {
    const { id, diskId } = await aPoint()
    cutOff.length = 0
    const outgoing = httpRequest(`${api.url}/api/v1/backups/${id}/disks/${diskId}/content`, {
      headers: { authorization: `Bearer ${token}` },
    })
    outgoing.on('error', () => undefined)
    outgoing.end()
    const [incoming] = (await once(outgoing, 'response')) as [IncomingMessage]
    incoming.on('error', () => undefined)
    incoming.pause()
    outgoing.destroy()
    await until(() => Promise.resolve(cutOff.length > 0))
  })
})

describe('platforms, VMs and repositories', () => {
  test('a platform is tested and discovered, its VMs are taken under protection', async () => {
    const platform = await registerPlatform(database.database.db)
    expect(await call('POST', `/platforms/${platform.id}/test`)).toMatchObject({
      status: 200,
      body: { ok: true, checks: [{ name: 'login' }] },
    })
    const found = await call('POST', '/discover', { platform_id: platform.id, filter: 'two' })
    expect(found).toMatchObject({ status: 200, body: { total: 1, vms: [{ id: 'uuid-two', name: 'two' }] } })
    expect(await call('GET', `/discover/${String(found.body['request_id'])}`)).toMatchObject({
      status: 200,
      body: { total: 1 },
    })
    await pruneDiscoveries(database.database.db, new Date(Date.now() + 60_000).toISOString())
    expect(await call('GET', `/discover/${String(found.body['request_id'])}`)).toMatchObject({
      status: 404,
      body: { code: 'not-found', remedy: 'Discover the platform again.' },
    })
    const added = await call('POST', '/vm-contexts', {
      platform_id: platform.id,
      vm_ids: ['uuid-one', 'uuid-two', 'uuid-one'],
    })
    expect(added).toMatchObject({
      status: 201,
      body: { vm_contexts: [{ vm_name: 'one' }, { vm_name: 'two' }] },
    })
    const unknown = await call('POST', '/vm-contexts', {
      platform_id: platform.id,
      vm_ids: ['uuid-one', 'uuid-three'],
    })
    expect(unknown).toMatchObject({ status: 404, body: { code: 'vm-not-found' } })
    expect(unknown.text).toContain('uuid-three')
  }, 30_000)

  test('a new repository is prepared; one that cannot be is forgotten again', async () => {
    asked = []
    const body = { name: 'main', repository_type: 'local', path: '/srv/main' }
    const made = await call('POST', '/repositories', body)
    expect(made).toMatchObject({ status: 201, body: { name: 'main', enabled: true } })
    expect(asked).toEqual(['prepare 0'])
    const id = Number(made.body['id'])
    expect((await call('GET', `/repositories/${id}/storage`)).body).toEqual(room)
    expect(await call('POST', `/repositories/${id}/rescan`)).toMatchObject({
      status: 200,
      body: { points_found: 2, points_restored: 1 },
    })
    expect((await call('POST', '/repositories', body)).status).toBe(409)
    for (const next of [id + 1, id + 2])
      broken.set(next, () => {
        throw refusal('repository-read-only', 'It cannot be written to')
      })
    const refused = await call('POST', '/repositories', { ...body, name: 'other', path: '/srv/other' })
    expect(refused).toMatchObject({ status: 409, body: { code: 'repository-read-only' } })
    expect((await call('GET', '/repositories')).text).not.toContain('/srv/other')
    broken.clear()
  }, 30_000)
})

// Last: rows made after this one have numbers that nobody serves.
test('a repository that nobody serves is 503 in bounded time', async () => {
  const of = await newVm()
  const unserved = Math.max(...repositoryIds) + of.repositoryId
  await database.database.db.execute(
    `update backup_repositories set id = ${unserved} where id = ${of.repositoryId}`,
  )
  await using hurried = await openTestApi({
    database: database.database,
    temporalAddress: temporalAddressOf(process.env),
    waits: { questionMs: 300, discoverMs: 300, deleteMs: 300 },
  })
  const body = wanted(of, { repository_id: unserved })
  expect(await hurried.call('POST', '/backups', { token, body })).toMatchObject({
    status: 503,
    body: { code: 'service-unavailable' },
  })
})
