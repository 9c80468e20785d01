import { readdir, rename, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import type { BackupDetails } from './contract/backups.js'
import type { Repository } from '../domain/repository.js'
import {
  addLab,
  addRepository,
  backupWhen,
  labRequest,
  protect,
  startBackup,
  startProduct,
  type Product,
} from '../dev/testing/product.js'

const MiB = 2 ** 20
let product: Product
let platform: string
let vm: string
let repository: Repository

beforeAll(async () => {
  product = await startProduct()
  platform = await addLab(product)
  vm = await protect(product, platform, 'pgtest1')
  repository = await addRepository(product, 'first')
})
afterAll(async () => {
  await product?.[Symbol.asyncDispose]()
})

/** All that a refusal must leave as it was: rows, files, and the vCenter. */
const world = async () => ({
  platforms: await product.call('GET', '/platforms'),
  vms: (await product.call<{ total: number }>('GET', '/vm-contexts')).total,
  points: (await product.call<{ total: number }>('GET', '/backups?status=completed')).total,
  open: (await product.call<{ total: number }>('GET', '/backups?status=running')).total,
  repositories: (await product.call<{ total: number }>('GET', '/repositories')).total,
  files: (await readdir(repository.path, { recursive: true })).sort(),
  snapshots: await product.lab.snapshots(),
})

const jobs = async (): Promise<number> => (await product.call<{ total: number }>('GET', '/backups')).total

interface Refusal {
  readonly why: string
  readonly status: number
  readonly code: string
  /** What the sentence must name. */
  readonly says: RegExp
  readonly send: () => readonly [method: string, path: string, body?: unknown]
}

const backup = (change: object) => ({ vm_context_id: vm, repository_id: repository.id, ...change })

const refusals: Refusal[] = [
  {
    why: 'a VM that is not known',
    status: 404,
    code: 'not-found',
    says: /ctx-nobody/,
    send: () => ['POST', '/backups', backup({ vm_context_id: 'ctx-nobody-00000000' })],
  },
  {
    why: 'a VM name that is not known',
    status: 404,
    code: 'vm-not-found',
    says: /nobody/,
    send: () => ['POST', '/backups', backup({ vm_context_id: undefined, vm_name: 'nobody' })],
  },
  {
    why: 'a repository that is not known',
    status: 404,
    code: 'not-found',
    says: /4711/,
    send: () => ['POST', '/backups', backup({ repository_id: 4711 })],
  },
  {
    why: 'a body that is no JSON',
    status: 400,
    code: 'bad-request',
    says: /JSON/,
    send: () => ['POST', '/backups', '{"vm_context_id": '],
  },
  {
    why: 'a body without its fields',
    status: 400,
    code: 'bad-request',
    says: /repository_id/,
    send: () => ['POST', '/backups', { vm_context_id: vm }],
  },
  {
    why: 'an id that is none',
    status: 400,
    code: 'bad-request',
    says: /id/,
    send: () => ['GET', `/backups/${encodeURIComponent('../../etc/passwd')}`],
  },
  {
    why: 'a repository number that is none',
    status: 400,
    code: 'bad-request',
    says: /repository_id/,
    send: () => ['POST', '/backups', backup({ repository_id: '1; DROP TABLE backup_jobs' })],
  },
  {
    why: 'a repository in a file system of the kernel',
    status: 400,
    code: 'bad-request',
    says: /proc/,
    send: () => ['POST', '/repositories', { name: 'x', repository_type: 'local', path: '/proc/none/here' }],
  },
  {
    why: 'a name of 1 MB',
    status: 413,
    code: 'too-large',
    says: /large|big|bytes|KB|KiB|MB|MiB/i,
    send: () => ['POST', '/platforms', { ...labRequest(product), name: 'x'.repeat(MiB) }],
  },
  {
    why: 'a name of 300 characters',
    status: 400,
    code: 'bad-request',
    says: /name/,
    send: () => ['POST', '/platforms', { ...labRequest(product), name: 'x'.repeat(300) }],
  },
  {
    why: 'a password that the vCenter refuses',
    status: 422,
    code: 'source-login-refused',
    says: /127\.0\.0\.1/,
    send: () => ['POST', '/discover', adHoc({ password: 'not-this-one' })],
  },
  {
    why: 'a certificate that nobody vouches for',
    status: 422,
    code: 'source-certificate-untrusted',
    says: /certificate/,
    send: () => ['POST', '/discover', adHoc({ tls: { mode: 'verify' } })],
  },
  {
    why: 'a thumbprint of another certificate',
    status: 422,
    code: 'source-certificate-untrusted',
    says: /thumbprint|certificate/,
    send: () => [
      'POST',
      '/discover',
      adHoc({ tls: { mode: 'thumbprint', thumbprint: 'AB:'.repeat(31) + 'CD' } }),
    ],
  },
]

const adHoc = (change: object) => {
  const { host, username, password, tls } = labRequest(product)
  return { vcenter: host, username, password, tls, ...change }
}

test.each(refusals)('$why: $status $code, and nothing changes', async ({ status, code, says, send }) => {
  const before = await world()
  const jobsBefore = await jobs()
  const [method, path, body] = send()
  const answer = await product.ask(method, path, body)
  expect(answer).toMatchObject({ status, body: { code } })
  expect(answer.body['detail']).toMatch(says)
  expect(JSON.stringify(answer.body).length).toBeLessThan(4000)
  expect(JSON.stringify(answer.body)).not.toMatch(/at .*\.ts:\d+|node_modules/)
  expect(await world()).toEqual(before)
  expect(await jobs()).toBe(jobsBefore)
})

test('a repository without its marker: 409, and nothing changes', async () => {
  const marker = (await readdir(repository.path)).find((name) => name.startsWith('.'))!
  const away = join(product.home, 'marker')
  await rename(join(repository.path, marker), away)
  try {
    const before = await world()
    const answer = await product.ask('POST', '/backups', backup({}))
    expect(answer).toMatchObject({ status: 409, body: { code: 'repository-marker' } })
    expect(answer.body['detail']).toContain(repository.path)
    expect(answer.body['remedy']).toBeTruthy()
    expect(await world()).toEqual(before)
    expect(await jobs()).toBe(0)
  } finally {
    await rename(away, join(repository.path, marker))
  }
})

test('too little room: 507 with both numbers, and nothing changes', async () => {
  const { bavail, bsize } = await statfs(repository.path)
  const tooMuch = (Math.ceil((bavail * bsize) / MiB) + 4096) * MiB
  await product.lab.addDisk('database-prod-01', tooMuch, { thin: false })
  const big = await protect(product, platform, 'database-prod-01')
  const before = await world()
  const answer = await product.ask('POST', '/backups', backup({ vm_context_id: big }))
  expect(answer).toMatchObject({ status: 507, body: { code: 'repository-full' } })
  expect(answer.body['detail']).toMatch(/free/)
  expect(answer.body['detail']).toMatch(/need/)
  expect(await world()).toEqual(before)
  expect(await jobs()).toBe(0)
})

/** Starts the backup, waits for its end and proves that it left nothing but its own record. */
const failedJob = async (context: string): Promise<BackupDetails> => {
  const before = await world()
  const ended = await backupWhen(
    product,
    await startBackup(product, backup({ vm_context_id: context }) as never),
  )
  expect(ended).toMatchObject({ status: 'failed', cleanup: 'done' })
  expect(ended.error_remedy).toBeTruthy()
  expect(await world()).toEqual(before)
  return ended
}

test.each([
  { name: 'diskless', says: /diskless has no disks/ },
  { name: 'rdm-only', says: /No disk of rdm-only can be backed up: .*raw device mapping/ },
])('$name: the job fails and says why', async ({ name, says }) => {
  const ended = await failedJob(await protect(product, platform, name))
  expect(ended).toMatchObject({ error_code: 'vm-no-disks' })
  expect(ended.error_message).toMatch(says)
})

test('an RDM disk beside others is left out with a warning', async () => {
  const mixed = await protect(product, platform, 'mixed-rdm')
  const ended = await backupWhen(
    product,
    await startBackup(product, backup({ vm_context_id: mixed }) as never),
  )
  expect(ended).toMatchObject({ status: 'completed', cleanup: 'done' })
  expect(ended.disks).toHaveLength(1)
  expect(ended.warnings.join('\n')).toMatch(/Hard disk 2 of mixed-rdm is left out.*raw device mapping/)
})

test.each([
  {
    why: 'a password that was changed in the vCenter',
    change: { password: 'not-this-one' },
    code: 'source-login-refused',
  },
  {
    why: 'a certificate that is not trusted any more',
    change: { tls: { mode: 'verify' }, password: 'not-this-one' },
    code: 'source-certificate-untrusted',
  },
])('$why: the job fails with the reason, and the platform works again when it is put right', async (row) => {
  await product.call('PATCH', `/platforms/${platform}`, row.change)
  try {
    const ended = await failedJob(vm)
    expect(ended.error_code).toBe(row.code)
    expect(ended.error_message).toContain(product.labReady.host)
    expect(JSON.stringify(ended)).not.toContain('not-this-one')
  } finally {
    const { password, tls } = labRequest(product)
    await product.call('PATCH', `/platforms/${platform}`, { password, tls })
  }
  expect(await product.call('POST', `/platforms/${platform}/test`)).toMatchObject({ ok: true })
})

test('a VM that was removed from the vCenter: the job fails and names it', async () => {
  const context = await protect(product, platform, 'exchange-server')
  await product.lab.removeVm('exchange-server')
  const ended = await failedJob(context)
  expect(ended).toMatchObject({ error_code: 'vm-not-found' })
  expect(ended.error_message).toContain('exchange-server')
})
