import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { Client, Connection } from '@temporalio/client'
import type { BackupChain, BackupDetails, StartBackupRequest } from '../api/contract/backups.js'
import type { BackupDisk } from '../domain/backup.js'
import type { Repository } from '../domain/repository.js'
import { mismatchOf } from '../dev/chaos/read-back.js'
import {
  addLab,
  addRepository,
  backupWhen,
  protect,
  startBackup,
  startProduct,
  type Product,
} from '../dev/testing/product.js'
import { until } from '../dev/testing/run-npm.js'
import { bundleWorkflows, replay } from './testing/replay.js'

const run = promisify(execFile)
const vm = 'chaos-2'
const MiB = 2 ** 20
const grain = 65_536

let product: Product
let context: string
let repository: Repository
let last: BackupDetails

beforeAll(async () => {
  product = await startProduct({ SENDENSE_LAB_SCENARIO: 'chaos' })
  const platform = await addLab(product)
  await product.lab.addDisk(vm, 6 * MiB)
  await product.lab.write(vm, 2000, 0, randomBytes(4 * MiB))
  // A hole at the end, which a root's tracking leaves out.
  await product.lab.write(vm, 2001, 0, randomBytes(5 * MiB))
  context = await protect(product, platform, vm)
  repository = await addRepository(product, 'audited')
})
afterAll(() => product?.[Symbol.asyncDispose]())
afterEach(async () => {
  await product.lab.release()
  await product.lab.clearChangeAnswers()
})

const request = (more: Partial<StartBackupRequest> = {}): StartBackupRequest => ({
  vm_context_id: context,
  repository_id: repository.id,
  ...more,
})
const start = (more?: Partial<StartBackupRequest>) => startBackup(product, request(more))
const details = (id: string) => product.call<BackupDetails>('GET', `/backups/${id}`)
const ended = async (id: string): Promise<BackupDetails> => {
  const backup = await backupWhen(product, id)
  expect(backup).toMatchObject({ status: 'completed', cleanup: 'done' })
  return backup
}
const mismatch = async (backup: BackupDetails) => mismatchOf(product, backup, await product.lab.oracle())
const diskOf = (backup: BackupDetails, key: number): BackupDisk => {
  const disk = backup.disks.find(({ device_key }) => device_key === key)
  if (disk === undefined) throw new Error(`${backup.id} has no disk ${key}`)
  return disk
}
const chainOf = (key: number) =>
  product.call<BackupChain>(
    'GET',
    `/backups/chain?vm_context_id=${context}&disk_id=${diskOf(last, key).disk_id}`,
  )
const write = (key: number, ...grains: number[]) =>
  Promise.all(grains.map((index) => product.lab.write(vm, key, index * grain, randomBytes(100))))
const askAudit = (id: string, scope: string) => product.ask('POST', `/backups/${id}/audit`, { scope })
const held = (id: string) =>
  until(
    async () => (await product.lab.holds()).some(({ waiting }) => waiting > 0),
    () => `${id} never came to the hold`,
  )
const workerPid = async (): Promise<number> => (await product.endpoints()).processes['worker']!
const movers = async (): Promise<string[]> => {
  const environment = await readFile(`/proc/${await workerPid()}/environ`, 'utf8')
  const socketDir = /SENDENSE_RUN_DIR=([^\0]+)/.exec(environment)?.[1] ?? 'none'
  const { stdout } = await run('ps', ['-eo', 'pid,args'])
  return stdout
    .split('\n')
    .filter((line) => /nbdkit|qemu-nbd/.test(line) && line.includes(socketDir) && !line.includes('/read-'))
}
const filesOf = async (): Promise<string[]> =>
  (await readdir(repository.path, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()

test('a first backup and an increment, both told the truth: their audits agree', async () => {
  const first = await ended(await start({ audit: 'all' }))
  expect(first).toMatchObject({ audit_scope: 'all', audit_result: 'agrees', warnings: [] })
  // All of the first disk is in use, so nothing was claimed of it.
  expect(diskOf(first, 2000)).toMatchObject({
    audit_result: null,
    audit_detail: 'all of the disk was read: nothing to audit',
  })
  expect(diskOf(first, 2001)).toMatchObject({ audit_result: 'agrees' })
  await write(2000, 3)
  last = await ended(await start({ audit: 'sample' }))
  expect(last).toMatchObject({ audit_scope: 'sample', audit_result: 'agrees', backup_type: 'incremental' })
  expect(last.steps.filter(({ name }) => name === 'auditDisk').map(({ summary }) => summary)).toEqual([
    expect.stringMatching(/^audit change tracking: a sample of disk-200\d of chaos-2$/),
    expect.stringMatching(/^audit change tracking: a sample of disk-200\d of chaos-2$/),
  ])
  expect(await mismatch(last)).toBeUndefined()
  expect(await chainOf(2000)).toMatchObject({
    audit: { result: 'agrees', backup_id: last.id },
    suspect_backup_ids: [],
  })
})

test('a change that tracking drops: the audit tells, and the next run reads that disk in full', async () => {
  await write(2000, 5, 20, 40)
  await write(2001, 30)
  await product.lab.answerChanges({ vm, key: 2000, kind: 'drop', index: 1 })
  // Its copy stands at what changed on the other disk, so that somebody can ask.
  await product.lab.hold(vm, 2001, 0)
  const id = await start()
  await held(id)
  expect((await details(id)).available_actions).toEqual(['pause', 'audit', 'cancel'])
  expect((await askAudit(id, 'everything')).status).toBe(400)
  expect(await askAudit(id, 'all')).toMatchObject({ status: 202, body: { backup_id: id } })
  expect(await askAudit(id, 'sample')).toMatchObject({ status: 202 })
  expect(await details(id)).toMatchObject({ audit_scope: 'all', audited_at: null })
  await product.lab.release()

  const lied = await ended(id)
  last = lied
  const detail = expect.stringMatching(
    new RegExp(
      `^change tracking did not tell of ${grain} bytes that changed since backup-\\S+, the first at offset ${20 * grain} `,
    ),
  )
  expect(lied).toMatchObject({ audit_result: 'differs', audit_scope: 'all' })
  expect(diskOf(lied, 2000)).toMatchObject({
    audit_result: 'differs',
    audit_detail: detail,
    read_mode: 'changed',
  })
  expect(diskOf(lied, 2001)).toMatchObject({ audit_result: 'agrees' })
  expect(lied.warnings).toEqual([expect.stringContaining('the next backup reads all of this disk')])
  // What the audit is for: without it nobody would know.
  expect((await mismatch(lied))?.what).toMatch(`first difference at offset ${20 * grain}`)
  expect(await chainOf(2000)).toMatchObject({
    audit: { result: 'differs', backup_id: id, detail },
    suspect_backup_ids: [id],
  })
  expect(await chainOf(2001)).toMatchObject({ audit: { result: 'agrees' }, suspect_backup_ids: [] })
  const late = await askAudit(id, 'all')
  expect(late).toMatchObject({ status: 409, body: { detail: `${id} has ended already: completed` } })
  expect(late.body['remedy']).toMatch(/^Start another backup/)

  await write(2000, 60)
  last = await ended(await start())
  expect(diskOf(last, 2000)).toMatchObject({
    read_mode: 'full',
    read_reason: `all of the disk is read: an audit found changes that change tracking did not tell of (see ${id})`,
    stored_as: 'overlay',
    parent_backup_id: id,
    bytes_stored: 2 * grain,
    audit_result: null,
  })
  expect(diskOf(last, 2001)).toMatchObject({ read_mode: 'changed', bytes_read: 0 })
  expect(await mismatch(last)).toBeUndefined()
  expect((await chainOf(2000)).suspect_backup_ids).toEqual([id])

  await write(2000, 61)
  last = await ended(await start({ audit: 'all' }))
  expect(last).toMatchObject({ audit_result: 'agrees', warnings: [] })
  expect(diskOf(last, 2000)).toMatchObject({ read_mode: 'changed', bytes_read: grain })
})

test('tracking that says nothing changed is found out by a sample as well', async () => {
  await write(2000, 1, 50)
  await product.lab.answerChanges({ vm, key: 2000, kind: 'empty' })
  const lied = await ended(await start({ audit: 'sample' }))
  expect(lied).toMatchObject({ audit_result: 'differs', audit_scope: 'sample' })
  expect(diskOf(lied, 2000).audit_detail).toContain(`did not tell of ${2 * grain} bytes`)
  expect(await mismatch(lied)).toBeDefined()
  last = await ended(await start())
  expect(diskOf(last, 2000).read_reason).toContain(lied.id)
  expect(await mismatch(last)).toBeUndefined()
})

/** An increment of one block whose audit stands at the disk's last MiB. */
const heldAudit = async (): Promise<string> => {
  await write(2000, 2)
  await product.lab.hold(vm, 2000, 3 * MiB)
  const id = await start({ audit: 'all' })
  await held(id)
  return id
}

test('kill -9 of the worker in the middle of an audit: it is done again, and nothing is left', async () => {
  const id = await heldAudit()
  expect((await details(id)).available_actions).toEqual(['cancel'])
  expect(await product.ask('POST', `/backups/${id}/pause`)).toMatchObject({
    status: 409,
    body: {
      detail: `${id} cannot be paused: its disks are copied, and their audit is under way`,
      remedy: 'What can be done now: cancel.',
    },
  })
  const before = await workerPid()
  process.kill(before, 'SIGKILL')
  await until(
    async () => (await workerPid().catch(() => before)) !== before,
    () => 'no new worker came',
  )
  await product.lab.release()
  last = await ended(id)
  expect(last).toMatchObject({ audit_result: 'agrees', warnings: [] })
  expect(diskOf(last, 2000).attempt_no).toBeGreaterThan(2)
  expect(await mismatch(last)).toBeUndefined()
  expect(await product.lab.snapshots()).toEqual([])
  expect(await movers()).toEqual([])
  expect((await filesOf()).filter((file) => /areas|part|checkpoint/.test(file))).toEqual([])

  const connection = await Connection.connect({ address: (await product.endpoints()).temporal })
  const client = new Client({ connection, namespace: 'sendense' })
  const history = await client.workflow.getHandle(last.workflow_id, last.run_id ?? undefined).fetchHistory()
  await connection.close()
  await replay(await bundleWorkflows(), history, last.workflow_id)
})

test('cancelled in the middle of an audit: soon, and nothing is left', async () => {
  const before = await filesOf()
  const id = await heldAudit()
  const asked = performance.now()
  expect((await product.ask('POST', `/backups/${id}/cancel`)).status).toBe(202)
  expect(await backupWhen(product, id)).toMatchObject({
    status: 'cancelled',
    cleanup: 'done',
    error_code: null,
  })
  expect(performance.now() - asked).toBeLessThan(60_000)
  expect(await product.lab.snapshots()).toEqual([])
  expect(await filesOf()).toEqual(before)
  expect(await movers()).toEqual([])
})
