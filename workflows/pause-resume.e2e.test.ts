import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { Client, Connection } from '@temporalio/client'
import type { BackupDetails } from '../api/contract/backups.js'
import type { Repository } from '../domain/repository.js'
import { apiClient } from '../dev/demo-client.js'
import { scheduleIds } from '../domain/rules/names.js'
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
const vm = 'pgtest2'
const diskKeys = [2000, 2001]
const MiB = 2 ** 20

let product: Product
let connection: Connection
let client: Client
let vmContext: string
let repository: Repository
/** Where each disk's last data begin. */
const lastData = new Map<number, number>()

/** The pause's limit is long enough for every case but the one that waits for it. */
const pauseSeconds = 45
beforeAll(async () => {
  product = await startProduct({ SENDENSE_PAUSE_MINUTES: String(pauseSeconds / 60) })
  connection = await Connection.connect({ address: (await product.endpoints()).temporal })
  client = new Client({ connection, namespace: 'sendense' })
  vmContext = await protect(product, await addLab(product), vm)
  repository = await addRepository(product, 'first')
  const disks = (await product.lab.vms()).find(({ name }) => name === vm)?.disks ?? []
  for (const { key, size_bytes } of disks) lastData.set(key, Math.floor(size_bytes / MiB - 2) * MiB)
})
afterAll(async () => {
  await connection?.close()
  await product?.[Symbol.asyncDispose]()
})
afterEach(async () => {
  await product.lab.release()
  for (const status of ['running', 'paused']) {
    const open = await product.call<{ backups: BackupDetails[] }>('GET', `/backups?status=${status}`)
    for (const { id } of open.backups) {
      await product.ask('POST', `/backups/${id}/cancel`)
      await backupWhen(product, id)
    }
  }
})

const details = (id: string) => product.call<BackupDetails>('GET', `/backups/${id}`)
const ask = (id: string, action: 'pause' | 'resume' | 'cancel') =>
  product.ask('POST', `/backups/${id}/${action}`)
const accepted = (id: string) => ({
  status: 202,
  body: { backup_id: id, workflow_id: `backup:${vmContext}` },
})

/** The second disk's copy stands before its last data, all else of it is copied; the first disk's, too, where `both` is wanted. */
const heldCopy = async ({ both = true } = {}): Promise<string> => {
  // Written anew, so that an increment comes by there, too.
  for (const [key, offset] of lastData) await product.lab.write(vm, key, offset, randomBytes(MiB))
  for (const key of both ? diskKeys : [diskKeys[1]!]) await product.lab.hold(vm, key, lastData.get(key)!)
  const id = await startBackup(product, { vm_context_id: vmContext, repository_id: repository.id })
  await until(
    async () => (await product.lab.holds()).every(({ waiting }) => waiting > 0),
    () => `the copies of ${id} never came to the hold`,
  )
  return id
}

const filesBelow = async (folder: string): Promise<string[]> =>
  (await readdir(folder, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()

const workerPid = async (): Promise<number> => (await product.endpoints()).processes['worker']!

/** Movers of this product name its worker's run directory in their arguments. Readers stay a while. */
const movers = async (): Promise<string[]> => {
  const environment = await readFile(`/proc/${await workerPid()}/environ`, 'utf8')
  const socketDir = /SENDENSE_RUN_DIR=([^\0]+)/.exec(environment)?.[1] ?? 'none'
  const { stdout } = await run('ps', ['-eo', 'pid,args'])
  return stdout
    .split('\n')
    .filter((line) => /nbdkit|qemu-nbd/.test(line) && line.includes(socketDir) && !line.includes('/read-'))
}

const identicalToOracle = async (backup: BackupDetails): Promise<void> => {
  const { api, admin_token_file } = await product.endpoints()
  const reader = await apiClient(api, admin_token_file)
  expect(backup.disks).toHaveLength(2)
  for (const disk of backup.disks) {
    // A snapshot that was taken anew bears the same name: its copy is the newest.
    const original = (await product.lab.oracle())
      .filter((copy) => copy.snapshot_name.endsWith(backup.id) && copy.key === disk.device_key)
      .at(-1)!
    const out = join(product.home, `${backup.id}-${disk.device_key}.raw`)
    await reader.download(`/backups/${backup.id}/disks/${disk.disk_id}/content`, out)
    // Ends with status 1, and so rejects, when a byte differs.
    await run('qemu-img', ['compare', '-f', 'raw', '-F', 'raw', out, original.path])
  }
}

const historyOf = ({ workflow_id, run_id }: BackupDetails) =>
  client.workflow.getHandle(workflow_id, run_id ?? undefined).fetchHistory()

const stepsNamed = ({ steps }: BackupDetails, name: string) => steps.filter((step) => step.name === name)

test('paused: nothing moves, the snapshot stays; resumed after kill -9 of the worker: identical', async () => {
  const id = await heldCopy()
  expect(await details(id)).toMatchObject({
    status: 'running',
    available_actions: ['pause', 'audit', 'cancel'],
  })
  expect(await ask(id, 'resume')).toMatchObject({ status: 409, body: { code: 'conflict' } })
  expect(await ask(id, 'pause')).toMatchObject(accepted(id))

  expect(await details(id)).toMatchObject({
    status: 'paused',
    available_actions: ['resume', 'audit', 'cancel'],
  })
  expect(await movers()).toEqual([])
  expect(await product.lab.snapshots()).toHaveLength(1)
  const again = await ask(id, 'pause')
  expect(again).toMatchObject({
    status: 409,
    body: { detail: `${id} cannot be paused: it is paused already` },
  })
  expect(again.body['remedy']).toBe('What can be done now: resume, audit, cancel.')

  const before = await workerPid()
  process.kill(before, 'SIGKILL')
  await until(
    async () => (await workerPid().catch(() => before)) !== before,
    () => 'no new worker came',
  )
  await product.lab.release()
  expect(await movers()).toEqual([])
  expect((await details(id)).status).toBe('paused')

  await until(
    // A resume that was not answered in time may be taken all the same.
    async () => (await ask(id, 'resume')).status === 202 || (await details(id)).status !== 'paused',
    () => 'the new worker never took the resume',
  )
  const backup = await backupWhen(product, id)
  expect(backup).toMatchObject({ status: 'completed', cleanup: 'done', warnings: [], available_actions: [] })
  await identicalToOracle(backup)
  expect(await product.lab.snapshots()).toEqual([])
  expect(stepsNamed(backup, 'takeSnapshot')).toHaveLength(1)

  const history = await historyOf(backup)
  // Refused ones cost nothing.
  const updates = (history.events ?? []).flatMap(
    (event) => event.workflowExecutionUpdateAcceptedEventAttributes?.acceptedRequest?.input?.name ?? [],
  )
  expect(updates).toEqual(['pause', 'resume'])
  for (const event of history.events ?? [])
    if (event.activityTaskScheduledEventAttributes ?? event.timerStartedEventAttributes)
      expect(event.userMetadata?.summary?.data?.length).toBeGreaterThan(8)
  await replay(await bundleWorkflows(), history, backup.workflow_id)

  const late = await ask(id, 'pause')
  expect(late).toMatchObject({ status: 409, body: { detail: `${id} has ended already: completed` } })
})

test('a disk that was copied before the pause is not copied again', async () => {
  const id = await heldCopy({ both: false })
  const isCopied = ({ disks }: BackupDetails) => disks.some(({ status }) => status === 'copied')
  const before = await backupWhen(product, id, isCopied)
  const first = before.disks.find(({ status }) => status === 'copied')!
  expect(await ask(id, 'pause')).toMatchObject(accepted(id))
  await product.lab.release()
  expect(await ask(id, 'resume')).toMatchObject(accepted(id))
  const backup = await backupWhen(product, id)
  expect(backup).toMatchObject({ status: 'completed', cleanup: 'done' })
  expect(backup.disks.find(({ disk_id }) => disk_id === first.disk_id)).toMatchObject({
    attempt_no: first.attempt_no,
  })
  await identicalToOracle(backup)
})

test('cancelled while it is paused: at once, and nothing is left', async () => {
  const before = await filesBelow(repository.path)
  const id = await heldCopy()
  expect(await ask(id, 'pause')).toMatchObject(accepted(id))
  expect(await filesBelow(repository.path)).not.toEqual(before)
  expect(await ask(id, 'cancel')).toMatchObject(accepted(id))
  const backup = await backupWhen(product, id)
  expect(backup).toMatchObject({ status: 'cancelled', cleanup: 'done', error_code: null })
  expect(await product.lab.snapshots()).toEqual([])
  expect(await filesBelow(repository.path)).toEqual(before)
  expect(await movers()).toEqual([])
  expect(await ask(id, 'resume')).toMatchObject({ status: 409 })
})

test('a datastore short of room: the snapshot of a paused run goes, and its resume begins anew', async () => {
  const { capacity_bytes, free_bytes } = await product.lab.datastore()
  const before = await filesBelow(repository.path)
  const id = await heldCopy()
  try {
    await product.lab.setDatastore({ free_bytes: Math.floor(capacity_bytes / 10) })
    expect(await ask(id, 'pause')).toMatchObject(accepted(id))
    const paused = await backupWhen(product, id, ({ warnings }) => warnings.length > 0)
    expect(paused).toMatchObject({ status: 'paused', available_actions: ['resume', 'audit', 'cancel'] })
    expect(paused.warnings[0]).toMatch(
      /^Paused: Datastore .* has \d+(\.\d)? % free, .* resuming begins anew\.$/,
    )
    expect(await product.lab.snapshots()).toEqual([])
    expect(await filesBelow(repository.path)).toEqual(before)
  } finally {
    await product.lab.setDatastore({ free_bytes })
  }
  // What is written meanwhile belongs to the new point.
  await product.lab.write(vm, 2000, 24 * MiB, Buffer.alloc(MiB, 0x5a))
  await product.lab.release()
  expect(await ask(id, 'resume')).toMatchObject(accepted(id))
  const backup = await backupWhen(product, id)
  expect(backup).toMatchObject({ status: 'completed', cleanup: 'done' })
  expect(backup.warnings).toEqual([expect.stringMatching(/^Begun anew when it was resumed\. Datastore /)])
  expect(stepsNamed(backup, 'takeSnapshot')).toHaveLength(2)
  await identicalToOracle(backup)
  expect(await product.lab.snapshots()).toEqual([])
  await replay(await bundleWorkflows(), await historyOf(backup), backup.workflow_id)
})

test('paused for longer than a snapshot is kept: it goes, the job stays paused, the resume begins anew', async () => {
  const before = await filesBelow(repository.path)
  const id = await heldCopy()
  expect(await ask(id, 'pause')).toMatchObject(accepted(id))
  expect(await product.lab.snapshots()).toHaveLength(1)
  const paused = await backupWhen(product, id, ({ warnings }) => warnings.length > 0)
  expect(paused.status).toBe('paused')
  expect(paused.warnings[0]).toMatch(/^Paused: The pause lasted 0\.75 minutes, /)
  expect(paused.disks.map(({ status }) => status)).toEqual(['pending', 'pending'])
  expect(await product.lab.snapshots()).toEqual([])
  expect(await filesBelow(repository.path)).toEqual(before)
  await product.lab.release()
  expect(await ask(id, 'resume')).toMatchObject(accepted(id))
  const backup = await backupWhen(product, id)
  expect(backup).toMatchObject({ status: 'completed', cleanup: 'done' })
  expect(backup.warnings).toEqual([
    expect.stringMatching(/^Begun anew when it was resumed\. The pause lasted /),
  ])
  await identicalToOracle(backup)
})

test('terminated while it is paused: the sweeper removes all of it', async () => {
  const before = await filesBelow(repository.path)
  const id = await heldCopy()
  expect(await ask(id, 'pause')).toMatchObject(accepted(id))
  const { workflow_id, run_id } = await details(id)
  await client.workflow.getHandle(workflow_id, run_id ?? undefined).terminate('by an operator')
  expect(await ask(id, 'resume')).toMatchObject({ status: 409 })
  await client.schedule.getHandle(scheduleIds.sweepLeftovers).trigger()
  const backup = await backupWhen(product, id)
  expect(backup).toMatchObject({ status: 'failed', cleanup: 'done' })
  expect(await product.lab.snapshots()).toEqual([])
  expect(await filesBelow(repository.path)).toEqual(before)
})
