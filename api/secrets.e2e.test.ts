import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { Client, Connection } from '@temporalio/client'
import { openVault } from '../activities/vault/vault.js'
import type { OpenContentResult } from '../domain/operations.js'
import { openDatabase } from '../drizzle/open.js'
import { everyRow } from '../drizzle/testing/every-row.js'
import {
  addRepository,
  backupWhen,
  labRequest,
  protect,
  startBackup,
  startProduct,
  type Product,
} from '../dev/testing/product.js'
import { until } from '../dev/testing/run-npm.js'

const run = promisify(execFile)
// What must appear nowhere. Each has characters that are written differently in URLs, XML, JSON and shells.
const planted = (name: string): string => `${name}-${randomBytes(6).toString('hex')}`
const secrets = new Map<string, string>()
let product: Product

/** The forms in which a secret may hide. */
const formsOf = (secret: string): string[] => [
  secret,
  encodeURIComponent(secret),
  Buffer.from(secret).toString('base64').replace(/=+$/, ''),
  Buffer.from(secret).toString('hex'),
]

/** Names of the planted secrets that the text or the bytes hold, in any form. */
const foundIn = (content: string | Buffer): string[] => {
  const bytes = typeof content === 'string' ? Buffer.from(content) : content
  return [...secrets]
    .filter(([, secret]) => formsOf(secret).some((form) => bytes.includes(form)))
    .map(([name]) => name)
}

const request = async (path: string, init: RequestInit): Promise<Response> =>
  fetch(`${(await product.endpoints()).api}/api/v1${path}`, init)

/** A person logs in for the first time, mistypes, chooses a password and sees a page. */
const aPersonLogsIn = async (): Promise<string[]> => {
  const json = { 'content-type': 'application/json' }
  const post = (path: string, body: object, headers: Record<string, string> = {}) =>
    request(path, { method: 'POST', headers: { ...json, ...headers }, body: JSON.stringify(body) })
  const first = secrets.get('first password')!
  const wrong = await post('/auth/login', { username: 'admin', password: secrets.get('mistyped password') })
  expect(wrong.status).toBe(401)
  const login = await post('/auth/login', { username: 'admin', password: first })
  const { token } = (await login.json()) as { token: string }
  secrets.set('session token', token)
  const bearer = { authorization: `Bearer ${token}` }
  const passwords = { current_password: first, new_password: secrets.get('own password') }
  const tooShort = await post('/auth/password', { ...passwords, new_password: 'short' }, bearer)
  expect(tooShort.status).toBe(400)
  const change = await post('/auth/password', passwords, bearer)
  expect(change.status).toBeLessThan(300)
  // The login's own answer hands the token over: that is what it is for.
  return Promise.all([wrong, tooShort, change].map((answer) => answer.text()))
}

const filesBelow = async (folder: string): Promise<string[]> =>
  (await readdir(folder, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))

const argvOfAll = async (): Promise<string> =>
  (await run('ps', ['-eo', 'args', '-ww'], { maxBuffer: 2 ** 26 })).stdout

beforeAll(async () => {
  product = await startProduct()
  const { database, admin_token_file } = await product.endpoints()
  secrets.set('vCenter password', product.labPassword)
  secrets.set('tools token', (await readFile(admin_token_file, 'utf8')).trim())
  secrets.set('first password', (await readFile(product.adminPasswordFile, 'utf8')).trim())
  secrets.set('own password', planted('own&"<é '))
  secrets.set('mistyped password', planted('mistyped'))
  secrets.set('refused password', planted('refused&"<é '))
  secrets.set('password in a malformed body', planted('malformed'))
  const key = await readFile(join(product.home, 'state/keys/vault.key'))
  secrets.set('sealing key in base64', key.toString('base64').replace(/=+$/, ''))
  secrets.set('sealing key in hex', key.toString('hex'))
  const databasePassword = new URL(database).password
  if (databasePassword !== '') secrets.set('database password', decodeURIComponent(databasePassword))
})
afterAll(async () => {
  await product?.[Symbol.asyncDispose]()
})

test('no secret in histories, logs, command lines, the database or any answer', async () => {
  const answers: string[] = await aPersonLogsIn()
  const ask = async (method: string, path: string, body?: unknown): Promise<void> => {
    answers.push(JSON.stringify((await product.ask(method, path, body)).body))
  }
  const lab = labRequest(product)
  const { id: platform } = await product.call<{ id: string }>('POST', '/platforms', lab)
  const refused = secrets.get('refused password')
  await ask('POST', '/platforms', {
    ...lab,
    name: 'other',
    password: [secrets.get('password in a malformed body')],
  })
  await ask('POST', '/platforms', `{"password": "${secrets.get('password in a malformed body')}`)
  await ask('POST', '/discover', {
    vcenter: lab.host,
    username: lab.username,
    password: refused,
    tls: lab.tls,
  })
  await ask('POST', '/discover', {
    vcenter: lab.host,
    username: lab.username,
    password: lab.password,
    tls: lab.tls,
  })
  const vm = await protect(product, platform, 'pgtest2')
  const repository = await addRepository(product, 'first')

  await product.lab.hold('pgtest2', 2000, 0)
  const id = await startBackup(product, { vm_context_id: vm, repository_id: repository.id })
  await until(
    async () => (await product.lab.holds()).every(({ waiting }) => waiting > 0),
    () => 'no copy',
  )
  const argv = await argvOfAll()
  expect(argv).toMatch(/nbdkit .*--readonly/)
  await product.lab.release()
  await backupWhen(product, id)

  const { disks } = await product.call<{ disks: { disk_id: string }[] }>('GET', `/backups/${id}`)
  const tools = { authorization: `Bearer ${secrets.get('tools token')}`, range: 'bytes=0-511' }
  const part = await request(`/backups/${id}/disks/${disks[0]?.disk_id}/content`, { headers: tools })
  expect([part.status, (await part.arrayBuffer()).byteLength]).toEqual([206, 512])
  await product.call('PATCH', `/platforms/${platform}`, { password: refused })
  await backupWhen(product, await startBackup(product, { vm_context_id: vm, repository_id: repository.id }))
  await ask('POST', `/platforms/${platform}/test`)
  for (const path of [
    '/platforms',
    `/platforms/${platform}`,
    '/vm-contexts',
    `/vm-contexts/${vm}`,
    '/repositories',
    '/backups',
    `/backups/${id}`,
    '/health',
    '/auth/me',
    '/openapi.json',
  ])
    await ask('GET', path)

  expect(foundIn(argv)).toEqual([])
  expect(foundIn(answers.join('\n'))).toEqual([])
  expect(await inHistories()).toEqual([])
  expect(await inDatabase()).toEqual([])
  expect(await inFiles()).toEqual([])
})

test('the search finds what is there', async () => {
  const file = join(product.home, 'run', 'logs', 'planted.log')
  await writeFile(file, `password=${encodeURIComponent(secrets.get('own password')!)}\n`)
  expect(await inFiles()).toEqual([`${file}: own password`])
})

const inHistories = async (): Promise<string[]> => {
  const connection = await Connection.connect({ address: (await product.endpoints()).temporal })
  try {
    const client = new Client({ connection, namespace: 'sendense' })
    const found: string[] = []
    const seen = new Set<string>()
    for await (const { workflowId, runId, type } of client.workflow.list()) {
      seen.add(type)
      const history = await client.workflow.getHandle(workflowId, runId).fetchHistory()
      // Payloads are bytes inside the history: they are searched as they are, not as JSON shows them.
      if (type === 'open-content') await expectNoRightToRead(client, workflowId)
      const bytes = JSON.stringify(history, (_, value: unknown) =>
        value instanceof Uint8Array ? Buffer.from(value).toString('utf8') : value,
      )
      found.push(...foundIn(bytes).map((name) => `${workflowId}: ${name}`))
    }
    expect([...seen]).toEqual(
      expect.arrayContaining(['backup-vm', 'discover', 'open-content', 'test-platform']),
    )
    return found
  } finally {
    await connection.close()
  }
}

/** What a history tells of a disk that is open for reading opens it for nobody. */
const expectNoRightToRead = async (client: Client, workflowId: string): Promise<void> => {
  const { url } = (await client.workflow.getHandle(workflowId).result()) as OpenContentResult
  const vault = openVault(join(product.home, 'state/keys/vault.key'))
  const token = vault.tokenOf(new URL(url).pathname.slice(1))
  expect((await fetch(url)).status).toBe(404)
  expect((await fetch(`${url}/${token}`, { headers: { range: 'bytes=0-0' } })).status).toBe(206)
  secrets.set('content token', token)
}

const inDatabase = async (): Promise<string[]> => {
  await using database = openDatabase((await product.endpoints()).database)
  const rows = await everyRow(database.db)
  expect(rows.map(({ table }) => table)).toEqual(
    expect.arrayContaining(['credentials', 'backup_jobs', 'users']),
  )
  return rows.flatMap(({ table, text }) => foundIn(text).map((name) => `${table}: ${name}`))
}

/** Everything below the home: logs, Temporal's file, the database's files, repositories. Only the keys may hold keys. */
const inFiles = async (): Promise<string[]> => {
  const found: string[] = []
  for (const file of await filesBelow(product.home)) {
    const place = file.slice(product.home.length + 1)
    if (place.startsWith('state/keys/') || place === 'endpoints.json') continue
    // The practice vCenter is not the product; images hold guests' bytes only.
    if (place.startsWith('state/lab/') || place.endsWith('.qcow2')) continue
    const content = await readFile(file).catch(() => Buffer.alloc(0))
    found.push(...foundIn(content).map((name) => `${file}: ${name}`))
  }
  return found
}
