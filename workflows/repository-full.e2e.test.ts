import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { Client, Connection } from '@temporalio/client'
import type { BackupDetails } from '../api/contract/backups.js'
import { apiClient } from '../dev/demo-client.js'
import { addLab, backupWhen, protect, startBackup, startProduct } from '../dev/testing/product.js'
import type { Product } from '../dev/testing/product.js'
import { until } from '../dev/testing/run-npm.js'
import { mountSmallFileSystem, testOnSmallFileSystem } from '../dev/testing/small-file-system.js'
import type { SmallFileSystem } from '../dev/testing/small-file-system.js'
import type { Repository } from '../domain/repository.js'
import { bundleWorkflows, replay } from './testing/replay.js'

const run = promisify(execFile)
const { it, why: skipped } = testOnSmallFileSystem()
const vm = 'pgtest2'
const key = 2000
const MiB = 2 ** 20
const sizeMib = 224

let small: SmallFileSystem
let product: Product
let connection: Connection
let client: Client
let platform: string
let vmContext: string
let repository: Repository

beforeAll(async () => {
  if (skipped !== '') return
  small = await mountSmallFileSystem(sizeMib)
  product = await startProduct({
    SENDENSE_ROOM_CHECK_SECONDS: '2',
    SENDENSE_CHECKPOINT_MIB: '1',
    SENDENSE_CHECKPOINT_SECONDS: '1',
  })
  connection = await Connection.connect({ address: (await product.endpoints()).temporal })
  client = new Client({ connection, namespace: 'sendense' })
  platform = await addLab(product)
  vmContext = await protect(product, platform, vm)
  const request = { name: 'nightly', repository_type: 'local', path: small.path }
  repository = await product.call<Repository>('POST', '/repositories', request)
})
afterAll(async () => {
  await connection?.close()
  await product?.[Symbol.asyncDispose]()
  await small?.[Symbol.asyncDispose]()
})

const fillDisk = async (name: string, disk: number, bytes: number): Promise<void> => {
  for (let offset = 0; offset < bytes; offset += MiB)
    await product.lab.write(name, disk, offset, randomBytes(MiB))
}
const ask = (id: string, action: 'pause' | 'resume' | 'cancel') =>
  product.ask('POST', `/backups/${id}/${action}`)
const isWaiting = ({ status, pause_reason }: BackupDetails): boolean =>
  status === 'paused' && pause_reason !== null
const files = async (): Promise<string[]> =>
  (await readdir(small.path, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()

const readBytes = async (disk: number): Promise<number> =>
  (await product.lab.nbd()).totals
    .filter((one) => one.key === disk)
    .reduce((sum, one) => sum + one.read_bytes, 0)

/** The furthest durable byte of that disk's attempts. */
const durable = async (diskId: string): Promise<number> => {
  const checkpoints = (await files()).filter((file) => file.includes(diskId) && file.endsWith('.checkpoint'))
  const cursors = await Promise.all(
    checkpoints.map(async (file) => (JSON.parse(await readFile(file, 'utf8')) as { cursor: number }).cursor),
  )
  return Math.max(0, ...cursors)
}

/** A run whose first disk stands at 20 MiB, with a checkpoint behind it, and then finds no room any more. */
const runsOutOfRoom = async (type: 'full' | 'auto'): Promise<BackupDetails> => {
  await fillDisk(vm, key, 38 * MiB)
  const hold = await product.lab.hold(vm, key, 20 * MiB)
  const id = await startBackup(product, {
    vm_context_id: vmContext,
    repository_id: repository.id,
    backup_type: type,
  })
  const disks = await backupWhen(product, id, (backup) => backup.disks.length === 2)
  const held = disks.disks.find(({ device_key }) => device_key === key)!
  await until(
    async () => (await durable(held.disk_id)) >= 12 * MiB,
    () => 'no checkpoint was written before the hold',
  )
  await small.fill()
  await product.lab.release(hold)
  return backupWhen(product, id, isWaiting)
}

const identicalToOracle = async (backup: BackupDetails): Promise<void> => {
  const { api, admin_token_file } = await product.endpoints()
  const reader = await apiClient(api, admin_token_file)
  for (const disk of backup.disks) {
    const original = (await product.lab.oracle()).find(
      (copy) => copy.snapshot_name.endsWith(backup.id) && copy.key === disk.device_key,
    )!
    const out = join(product.home, `${backup.id}-${disk.device_key}.raw`)
    await reader.download(`/backups/${backup.id}/disks/${disk.disk_id}/content`, out)
    // Ends with status 1, and so rejects, when a byte differs.
    await run('qemu-img', ['compare', '-f', 'raw', '-F', 'raw', out, original.path])
  }
}

const sentence =
  /^Repository nightly is full: \d+ (bytes|KiB|MiB) free of 224 MiB, \d+ MiB still to be written\. It goes on by itself when there is room\.$/

it.each(['full', 'auto'] as const)(
  `filled in the middle of a %s copy: it pauses by itself, and goes on by itself from there${skipped}`,
  async (type) => {
    const waiting = await runsOutOfRoom(type)
    expect(waiting).toMatchObject({ status: 'paused', available_actions: ['resume', 'audit', 'cancel'] })
    expect(waiting.pause_reason).toMatch(sentence)
    expect(await product.lab.snapshots()).toHaveLength(1)
    expect((await product.ask('POST', `/backups/${waiting.id}/pause`)).status).toBe(409)
    // Looked for, in vain, and not a line of history or JobLog for it.
    const handle = client.workflow.getHandle(waiting.workflow_id, waiting.run_id ?? undefined)
    const looks = async () =>
      (await handle.describe()).raw.pendingActivities?.find((one) => one.activityType?.name === 'lookForRoom')
    const look = await until(
      async () => ((await looks())?.attempt ?? 0) >= 3 && looks(),
      () => 'nobody looked for room',
    )
    expect(look?.lastFailure?.message).toMatch(/^Repository nightly has no room yet: /)

    const disk = waiting.disks.find(({ device_key }) => device_key === key)!
    const [cursor, before] = [await durable(disk.disk_id), await readBytes(key)]
    expect(cursor).toBeGreaterThanOrEqual(12 * MiB)
    await small.empty()
    const backup = await backupWhen(product, waiting.id)
    expect(backup).toMatchObject({ status: 'completed', cleanup: 'done', warnings: [], pause_reason: null })
    expect(backup.backup_type).toBe(type === 'full' ? 'full' : 'incremental')
    expect((await readBytes(key)) - before).toBeLessThanOrEqual(40 * MiB - cursor)
    await identicalToOracle(backup)
    expect(await product.lab.snapshots()).toEqual([])
    expect(backup.steps.filter(({ name }) => name === 'takeSnapshot')).toHaveLength(1)
    expect(backup.steps.filter(({ name }) => name === 'lookForRoom')).toEqual([])
    const history = await handle.fetchHistory()
    expect(history.events?.length).toBeLessThan(150)
    await replay(await bundleWorkflows(), history, waiting.workflow_id)
  },
)

it(`resumed without room it waits again; cancelled, nothing is left${skipped}`, async () => {
  const before = await files()
  const { id } = await runsOutOfRoom('auto')
  const copies = (backup: BackupDetails): number =>
    backup.steps.filter(({ name, status }) => name === 'copyDisk' && status === 'failed').length
  const failed = copies(await backupWhen(product, id, isWaiting))
  expect(await ask(id, 'resume')).toMatchObject({ status: 202 })
  const again = await backupWhen(product, id, (backup) => isWaiting(backup) && copies(backup) > failed)
  expect(again.pause_reason).toMatch(sentence)
  expect(await ask(id, 'cancel')).toMatchObject({ status: 202 })
  const backup = await backupWhen(product, id)
  expect(backup).toMatchObject({ status: 'cancelled', cleanup: 'done', error_code: null, pause_reason: null })
  expect(await product.lab.snapshots()).toEqual([])
  await small.empty()
  expect(await files()).toEqual(before)
})

it(`too little for what the last point took: 507 with the numbers, before anything is done${skipped}`, async () => {
  await small.fill(90 * MiB)
  const answer = await product.ask('POST', '/backups', {
    vm_context_id: vmContext,
    repository_id: repository.id,
  })
  expect(answer).toMatchObject({ status: 507, body: { code: 'repository-full' } })
  expect(answer.body['facts']).toMatchObject({
    free_bytes: await small.freeBytes(),
    needed_bytes: expect.any(Number),
    missing_bytes: expect.any(Number),
  })
  await small.empty()
})

it(`what it reads turns out not to fit: it waits before the first byte, and completes when it does${skipped}`, async () => {
  const context = await protect(product, platform, 'pgtest1')
  await fillDisk('pgtest1', key, 72 * MiB)
  await small.fill(68 * MiB)
  const id = await startBackup(product, { vm_context_id: context, repository_id: repository.id })
  const waiting = await backupWhen(product, id, isWaiting)
  expect(waiting.pause_reason).toMatch(/: 68 MiB free of 224 MiB, 72 MiB still to be written\. /)
  expect(waiting.bytes_transferred).toBe(0)
  await small.empty()
  const backup = await backupWhen(product, id)
  expect(backup).toMatchObject({ status: 'completed', cleanup: 'done' })
  await identicalToOracle(backup)
})
