import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readEndpoints, removeEndpoints, writeEndpoints, type Endpoints } from './endpoints.js'

const endpoints: Endpoints = {
  api: 'http://127.0.0.1:8082',
  ui: 'http://127.0.0.1:8082/',
  temporal: '127.0.0.1:7233',
  temporal_ui: 'http://127.0.0.1:8082/temporal/',
  database: 'mysql://sendense:secret@127.0.0.1:3306/sendense',
  lab_vcenter: null,
  admin_user: 'admin',
  admin_token_file: '/home/keys/admin-token',
  processes: { supervisor: 1, worker: 2 },
}

let folder: string
let file: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sendense-endpoints-'))
  file = join(folder, 'endpoints.json')
})
afterEach(() => rm(folder, { recursive: true }))

test('holds exactly the promised keys, for its owner only', async () => {
  await writeEndpoints(file, endpoints)
  const written = JSON.parse(await readFile(file, 'utf8')) as object
  expect(Object.keys(written).sort()).toEqual(
    [
      ...['api', 'ui', 'temporal', 'temporal_ui', 'database'],
      ...['lab_vcenter', 'admin_user', 'admin_token_file', 'processes'],
    ].sort(),
  )
  expect((await stat(file)).mode & 0o777).toBe(0o600)
})

test('replaces an older file that others could read', async () => {
  await writeFile(file, '{}', { mode: 0o644 })
  await writeEndpoints(file, endpoints)
  expect(await readEndpoints(file)).toEqual(endpoints)
  expect((await stat(file)).mode & 0o777).toBe(0o600)
})

test('a key more or an address that is none is refused and leaves the old file', async () => {
  await writeEndpoints(file, endpoints)
  const surplus = { ...endpoints, password: 'x' } as Endpoints
  expect(() => writeEndpoints(file, surplus)).toThrow('password')
  expect(() => writeEndpoints(file, { ...endpoints, api: 'nowhere' })).toThrow('api')
  expect(await readEndpoints(file)).toEqual(endpoints)
})

test('is absent after removal, and removing twice is harmless', async () => {
  await writeEndpoints(file, endpoints)
  await removeEndpoints(file)
  await removeEndpoints(file)
  expect(await readEndpoints(file)).toBeUndefined()
})
