import { openTestDatabase } from '../drizzle/testing/database.js'
import type { TestDatabase } from '../drizzle/testing/database.js'
import { makeFlow } from '../drizzle/testing/sample-flows.js'
import { makeRepository, registerVm, startBackup } from '../drizzle/testing/samples.js'
import { worldOf } from '../drizzle/testing/world.js'
import { temporalAddressOf } from './testing/environment.js'
import { aUser, openTestApi } from './testing/test-api.js'
import type { Answer, TestApi } from './testing/test-api.js'

jest.setTimeout(60_000)

let database: TestDatabase
let api: TestApi
let token: string
beforeAll(async () => {
  database = await openTestDatabase()
  api = await openTestApi({ database: database.database, temporalAddress: temporalAddressOf(process.env) })
  ;({ token } = await aUser(api.context, 'admin'))
})
afterAll(async () => {
  await api[Symbol.asyncDispose]()
  await database[Symbol.asyncDispose]()
})

const call = (method: string, path: string, body?: unknown): Promise<Answer> =>
  api.call(method, path, { token, body })

test('a repository is switched off, takes no backups, and is switched on again under a new name', async () => {
  const of = await registerVm(api.context.db)
  const path = `/repositories/${of.repositoryId}`
  const before = (await call('GET', path)).body
  expect((await call('PATCH', path, { enabled: false })).body).toMatchObject({
    name: before['name'],
    path: before['path'],
    enabled: false,
  })
  const start = { vm_context_id: of.context.id, repository_id: of.repositoryId }
  expect(await call('POST', '/backups', start)).toMatchObject({
    status: 409,
    body: { error: expect.stringMatching(/is switched off/) as string },
  })
  const changed = await call('PATCH', path, { enabled: true, name: 'other name' })
  expect(changed).toMatchObject({ status: 200, body: { name: 'other name', enabled: true } })
})

test('what is refused changes nothing', async () => {
  const [id, other] = [await makeRepository(api.context.db), await makeRepository(api.context.db)]
  const { name } = (await call('GET', `/repositories/${other}`)).body
  const before = await worldOf(api.context.db)
  for (const [ask, body, status, says] of [
    [id, { name }, 409, /named repository .* already/],
    [id, { enabled: 'no' }, 400, /body\.enabled/],
    [id, { path: '/elsewhere' }, 400, /path: is not known/],
    [id, { name: 'x'.repeat(10_000) }, 400, /body\.name/],
    [999_999, { enabled: false }, 404, /no repository/],
  ] as const)
    expect(await call('PATCH', `/repositories/${ask}`, body)).toMatchObject({
      status,
      body: { error: expect.stringMatching(says) as string },
    })
  expect(await worldOf(api.context.db)).toEqual(before)
})

test('a delete says what stands against it: flows, their history, backups', async () => {
  const { db } = api.context
  const of = await registerVm(db)
  const target = { target_type: 'vm', target_id: of.context.id, repository_id: of.repositoryId } as const
  const flow = await makeFlow(db, target, { name: 'nightly' })
  const refused = async (says: RegExp): Promise<void> => {
    const before = await worldOf(db)
    const answer = await call('DELETE', `/repositories/${of.repositoryId}`)
    expect(answer).toMatchObject({ status: 409, body: { error: expect.stringMatching(says) as string } })
    expect(await worldOf(db)).toEqual(before)
  }
  await refused(/used by the flow nightly/)
  await db.execute(`update protection_flows set deleted_at = now() where id = '${flow}'`)
  await refused(/history of deleted flows/)
  await startBackup(db, of)
  await refused(/still has backups/)
})
