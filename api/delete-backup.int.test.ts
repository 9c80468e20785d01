import { randomBytes } from 'node:crypto'
import { updateBackup } from '../drizzle/queries/backup-changes.js'
import { backupById } from '../drizzle/queries/backups.js'
import { planDisksOver, releasePins, takePins } from '../drizzle/queries/pins.js'
import { openTestDatabase } from '../drizzle/testing/database.js'
import type { TestDatabase } from '../drizzle/testing/database.js'
import { holdExclusively } from '../drizzle/testing/exclusive.js'
import { aDisk, aVm, planDisks, plannedDisk, registerVm, startBackup } from '../drizzle/testing/samples.js'
import type { RegisteredVm } from '../drizzle/testing/samples.js'
import { temporalAddressOf } from './testing/environment.js'
import { aUser, openTestApi } from './testing/test-api.js'
import type { Answer, TestApi } from './testing/test-api.js'
import { startTestWorkers } from './testing/test-worker.js'

jest.setTimeout(120_000)

let queues: AsyncDisposable
let database: TestDatabase
let api: TestApi
let workers: AsyncDisposable
let token = ''

beforeAll(async () => {
  queues = await holdExclusively('the common queues')
  database = await openTestDatabase()
  const temporalAddress = temporalAddressOf(process.env)
  api = await openTestApi({ database: database.database, temporalAddress })
  token = (await aUser(api.context, 'admin')).token
  const room = { total_bytes: 100, used_bytes: 40, free_bytes: 60, reserved_bytes: 0 }
  const answers = { inspect: () => room, vms: () => [], contentUrl: () => ({ url: '', sizeBytes: 0 }) }
  // Rows get their numbers one by one: these are the repositories of the tests below.
  const repositories = Array.from({ length: 10 }, (_, index) => index + 1)
  workers = await startTestWorkers(temporalAddress, database.database.db, answers, repositories)
}, 600_000)
afterAll(async () => {
  await workers?.[Symbol.asyncDispose]()
  await api?.[Symbol.asyncDispose]()
  await database?.[Symbol.asyncDispose]()
  await queues?.[Symbol.asyncDispose]()
})

const call = (method: string, path: string, body?: unknown): Promise<Answer> =>
  api.call(method, path, { token, body })
const statusIs = async (id: string, status: string): Promise<void> => {
  for (let tries = 0; (await call('GET', `/backups/${id}`)).body['status'] !== status; tries += 1) {
    if (tries === 200) throw new Error(`${id} never was ${status}`)
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
}
const completed = async (of: RegisteredVm, parent: string | null): Promise<string> => {
  const { db } = database.database
  const id = await startBackup(db, of)
  await planDisks(db, id, of.disks, { parent_backup_id: parent })
  await updateBackup(db, id, { status: 'completed' }, ['pending'])
  return id
}
/** A VM with a full and an increment over it. */
const inRow = async (): Promise<{ of: RegisteredVm; root: string; leaf: string }> => {
  const disks = [aDisk(2000, { backing_uuid: randomBytes(8).toString('hex') })]
  const of = await registerVm(database.database.db, aVm({ disks }))
  const root = await completed(of, null)
  return { of, root, leaf: await completed(of, root) }
}

test('a point with another over it is refused, its whole chain is not', async () => {
  const { of, root, leaf } = await inRow()
  const other = await completed(of, null)
  const refused = await call('DELETE', `/backups/${root}`)
  expect(refused).toMatchObject({ status: 409, body: { code: 'point-has-children' } })
  expect(refused.text).toContain(leaf)
  expect((await call('DELETE', `/backups/${root}?chain=maybe`)).status).toBe(400)
  expect((await call('DELETE', `/backups/${root}?chain=true`)).status).toBe(204)
  for (const id of [root, leaf]) expect((await call('GET', `/backups/${id}`)).status).toBe(404)
  expect((await call('GET', `/backups/${other}`)).status).toBe(200)
})

test('a point in use is refused, alone and with its chain: who uses it is said, and nothing is touched', async () => {
  const { db } = database.database
  const { root, leaf } = await inRow()
  const reader = { owner: 'content:host/1/a', runId: null }
  await takePins(db, [leaf], { ...reader, purpose: 'read', lastsMs: 600_000 })
  for (const path of [`/backups/${leaf}`, `/backups/${root}?chain=true`, `/backup/${leaf}?chain=true`]) {
    const refused = await call('DELETE', path)
    expect(refused).toMatchObject({
      status: 409,
      body: { code: 'point-in-use', facts: { backup_id: leaf, purpose: 'read' } },
    })
    expect(refused.body['remedy']).toMatch(/free at 20\d\d-/)
  }
  for (const id of [root, leaf]) expect((await call('GET', `/backups/${id}`)).status).toBe(200)
  // What is left of a workflow that is closed holds nothing.
  await releasePins(db, reader)
  await takePins(db, [leaf], { owner: 'verify:gone', runId: 'run-gone', purpose: 'verify' })
  expect((await call('DELETE', `/backups/${leaf}`)).status).toBe(204)
})

test('a reader that has just left is waited for', async () => {
  const { leaf } = await inRow()
  const reader = { owner: 'content:host/1/b', runId: null }
  await takePins(database.database.db, [leaf], { ...reader, purpose: 'read', lastsMs: 3000 })
  expect((await call('DELETE', `/backups/${leaf}`)).status).toBe(204)
})

test('while the VM is backed up its points can be deleted, but not the base of the run', async () => {
  const { db } = database.database
  const { of, root, leaf } = await inRow()
  const other = await completed(of, null)
  const body = { vm_context_id: of.context.id, repository_id: of.repositoryId, backup_type: 'incremental' }
  const running = String((await call('POST', '/backups', body)).body['id'])
  await statusIs(running, 'running')
  expect(await call('DELETE', `/backups/${running}`)).toMatchObject({
    status: 409,
    body: { code: 'vm-busy' },
  })
  const row = await backupById(db, running)
  const run = { owner: row?.workflow_id ?? '', runId: row?.run_id ?? '' }
  const planned = of.disks.map((disk) => plannedDisk(running, disk, { parent_backup_id: leaf }))
  expect(await planDisksOver(db, planned, run)).toMatchObject({ kind: 'taken' })
  for (const path of [`/backups/${leaf}`, `/backups/${root}?chain=true`]) {
    const refused = await call('DELETE', path)
    expect(refused).toMatchObject({
      status: 409,
      body: { code: 'point-in-use', facts: { backup_id: leaf, owner: running, purpose: 'base' } },
    })
    expect(refused.body['remedy']).toContain(running)
  }
  expect((await call('DELETE', `/backups/${other}`)).status).toBe(204)
  expect((await call('POST', `/backups/${running}/cancel`)).status).toBe(202)
  await statusIs(running, 'cancelled')
  expect((await call('DELETE', `/backups/${root}?chain=true`)).status).toBe(204)
  for (const id of [root, leaf]) expect((await call('GET', `/backups/${id}`)).status).toBe(404)
})

test('a point that is being deleted can be neither verified nor deleted once more', async () => {
  const { db } = database.database
  const { of, leaf } = await inRow()
  const started = await call('POST', '/backups', {
    vm_context_id: of.context.id,
    repository_id: of.repositoryId,
  })
  // Any open workflow will do as the one that deletes.
  await statusIs(String(started.body['id']), 'running')
  const row = await backupById(db, String(started.body['id']))
  const deleting = { owner: row?.workflow_id ?? '', runId: row?.run_id ?? '' }
  await takePins(db, [leaf], { ...deleting, purpose: 'delete' })
  expect(await call('DELETE', `/backups/${leaf}`)).toMatchObject({
    status: 409,
    body: { code: 'point-in-use', facts: { purpose: 'delete' } },
  })
  const { body } = await call('POST', `/backups/${leaf}/verify`)
  const verifying = api.context.temporal.workflow.getHandle(String(body['workflow_id']))
  await expect(verifying.result()).rejects.toMatchObject({ cause: { cause: { type: 'point-in-use' } } })
  expect((await call('POST', `/backups/${row?.id}/cancel`)).status).toBe(202)
  await statusIs(row?.id ?? '', 'cancelled')
})
