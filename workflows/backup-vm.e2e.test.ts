import { execFile } from 'node:child_process'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { Client, Connection } from '@temporalio/client'
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js'
import type { BackupDetails } from '../api/contract/backups.js'
import type { VmContextView } from '../api/contract/vm-contexts.js'
import type { Repository } from '../domain/repository.js'
import { apiClient } from '../dev/demo-client.js'
import { scheduleIds, workflowTypes } from '../domain/rules/names.js'
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
import { until } from '../dev/testing/run-npm.js'
import { recordHistory } from './testing/record-history.js'
import { bundleWorkflows, replay } from './testing/replay.js'

const run = promisify(execFile)
const vm = 'pgtest2'
const MiB = 2 ** 20
const diskKeys = [2000, 2001]

let product: Product
let connection: Connection
let client: Client
let platformId: string
let vmContext: string
let repository: Repository

beforeAll(async () => {
  product = await startProduct()
  connection = await Connection.connect({ address: (await product.endpoints()).temporal })
  client = new Client({ connection, namespace: 'sendense' })
  platformId = await addLab(product)
  vmContext = await protect(product, platformId, vm)
  repository = await addRepository(product, 'first')
})
afterAll(async () => {
  await connection?.close()
  await product?.[Symbol.asyncDispose]()
})
afterEach(async () => {
  await product.lab.release()
  await product.lab.stopChurn(vm)
  const open = await product.call<{ backups: BackupDetails[] }>('GET', '/backups?status=running')
  for (const { id } of open.backups) {
    await product.call('POST', `/backups/${id}/cancel`)
    await backupWhen(product, id)
  }
})

// Full, so that there is always something to hold.
const request = () => ({
  vm_context_id: vmContext,
  repository_id: repository.id,
  backup_type: 'full' as const,
})

const historyOf = ({ workflow_id, run_id }: BackupDetails) =>
  client.workflow.getHandle(workflow_id, run_id ?? undefined).fetchHistory()

/** Both disks stand before their first held byte; resolves when the copy waits there. */
const heldCopy = async (): Promise<string> => {
  for (const key of diskKeys) await product.lab.hold(vm, key, 0)
  const id = await startBackup(product, request())
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

/** Movers of this product: their sockets lie below the worker's own run directory, so their argv names it. Readers stay a while. */
const movers = async (): Promise<string[]> => {
  const { stdout } = await run('ps', ['-eo', 'pid,args'])
  const socketDir = /SENDENSE_RUN_DIR=([^\0]+)/.exec(await environmentOfWorker())?.[1] ?? 'none'
  return stdout
    .split('\n')
    .filter((line) => /nbdkit|qemu-nbd/.test(line) && line.includes(socketDir) && !line.includes('/read-'))
}

const environmentOfWorker = async (): Promise<string> => {
  const { processes } = await product.endpoints()
  const { stdout } = await run('cat', [`/proc/${processes['worker']}/environ`])
  return stdout
}

const nothingIsLeft = async (before: readonly string[]): Promise<void> => {
  expect(await product.lab.snapshots()).toEqual([])
  expect(await filesBelow(repository.path)).toEqual(before)
  expect(await movers()).toEqual([])
}

test('a running VM with two disks: identical points, and a history that reads like a run book', async () => {
  await product.lab.startChurn({ vm, bytes_per_second: 8 * MiB, seed: 7, area: 'all' })
  const backup = await backupWhen(product, await startBackup(product, request()))
  expect(backup).toMatchObject({ status: 'completed', cleanup: 'done', warnings: [] })

  const context = await product.call<VmContextView>('GET', `/vm-contexts/${vmContext}`)
  expect(context.change_tracking_enabled).toBe(true)

  const oracle = (await product.lab.oracle()).filter((copy) => copy.snapshot_name.endsWith(backup.id))
  expect(oracle).toHaveLength(2)
  const { api, admin_token_file } = await product.endpoints()
  const reader = await apiClient(api, admin_token_file)
  for (const disk of backup.disks) {
    const out = join(product.home, `${disk.device_key}.raw`)
    await reader.download(`/backups/${backup.id}/disks/${disk.disk_id}/content`, out)
    const original = oracle.find(({ key }) => key === disk.device_key)!
    // Ends with status 1, and so rejects, when a byte differs.
    await run('qemu-img', ['compare', '-f', 'raw', '-F', 'raw', out, original.path])
  }
  expect(await product.lab.snapshots()).toEqual([])

  const history = await historyOf(backup)
  const events = history.events ?? []
  expect(events.length).toBeLessThan(120)
  const scheduled = events.filter((event) => event.activityTaskScheduledEventAttributes)
  // Every line says what it does: the summary is all that a reader of the Temporal UI needs.
  for (const event of scheduled) expect(event.userMetadata?.summary?.data?.length).toBeGreaterThan(8)
  expect(JSON.stringify(historyToJSON(history))).not.toContain(product.labPassword)
  await recordHistory('backup-vm.two-disks.completed', history)
  await replay(await bundleWorkflows(), history, backup.workflow_id)
})

test('a second start gets 409 with the running id; a point that the run does not need can be deleted meanwhile', async () => {
  const points = await product.call<{ backups: BackupDetails[] }>('GET', '/backups?status=completed')
  const id = await heldCopy()
  const second = await product.ask('POST', '/backups', request())
  expect(second).toMatchObject({ status: 409, body: { running_backup_id: id } })
  const running = await product.ask('DELETE', `/backups/${id}`)
  expect(running).toMatchObject({ status: 409, body: { running_backup_id: id } })
  expect((await product.ask('DELETE', `/backups/${points.backups[0]!.id}`)).status).toBe(204)
  expect((await product.call<{ total: number }>('GET', '/backups?status=running')).total).toBe(1)
  await product.lab.release()
  expect(await backupWhen(product, id)).toMatchObject({ status: 'completed' })
})

test('cancelled in the middle of the copies: cancelling at once, then nothing is left', async () => {
  const before = await filesBelow(repository.path)
  const id = await heldCopy()
  await product.call('POST', `/backups/${id}/cancel`)
  await backupWhen(product, id, ({ status }) => /^cancel/.test(status))
  const backup = await backupWhen(product, id)
  expect(backup).toMatchObject({ status: 'cancelled', cleanup: 'done' })
  await product.lab.release()
  await nothingIsLeft(before)
  await recordHistory('backup-vm.two-disks.cancelled', await historyOf(backup))
})

test('a read error of the source fails the job with its place, and nothing is left', async () => {
  const before = await filesBelow(repository.path)
  await product.lab.ioError({ vm, key: diskKeys[1]!, offset: 0, length: 4096 })
  try {
    const backup = await backupWhen(product, await startBackup(product, request()))
    expect(backup).toMatchObject({ status: 'failed', cleanup: 'done' })
    expect(backup.error_message).toMatch(/^Hard disk 2: .* at offset 0 .*4 attempts in a row/)
    expect(backup.error_remedy).toBeTruthy()
    await recordHistory('backup-vm.two-disks.failed', await historyOf(backup))
  } finally {
    await product.lab.clearIoErrors()
  }
  await nothingIsLeft(before)
})

test('terminated in the middle of a copy: the sweeper removes all of it and the job says so', async () => {
  const before = await filesBelow(repository.path)
  const id = await heldCopy()
  const { workflow_id, run_id } = await product.call<BackupDetails>('GET', `/backups/${id}`)
  await client.workflow.getHandle(workflow_id, run_id ?? undefined).terminate('by an operator')
  const sweep = client.schedule.getHandle(scheduleIds.sweepLeftovers)
  expect((await sweep.describe()).spec.intervals).toHaveLength(1)
  await sweep.trigger()
  const backup = await backupWhen(
    product,
    id,
    ({ status, cleanup }) => status === 'failed' && cleanup === 'done',
  )
  expect(backup.error_message).toMatch(/terminated/i)
  await product.lab.release()
  await until(
    async () => (await movers()).length === 0,
    () => 'the movers of a terminated run still live',
  )
  await nothingIsLeft(before)
  expect(await backupWhen(product, await startBackup(product, request()))).toMatchObject({
    status: 'completed',
  })
})

test('kill -9 of the worker in the middle of a copy: the run goes on and ends with the right bytes', async () => {
  const id = await heldCopy()
  const before = (await product.endpoints()).processes['worker']!
  process.kill(before, 'SIGKILL')
  await product.lab.release()
  const backup = await backupWhen(product, id)
  expect(backup).toMatchObject({ status: 'completed', cleanup: 'done' })
  expect((await product.endpoints()).processes['worker']).not.toBe(before)
  await product.call('POST', `/backups/${id}/verify`)
  const verified = await backupWhen(product, id, ({ verify_result }) => verify_result !== null)
  expect(verified.verify_result).toBe('good')
  expect(await product.lab.snapshots()).toEqual([])
})

/** The longest history of the closed runs of this type for which `is` holds; the server's list follows within a moment. */
const longestRun = (type: string, is: (text: string) => boolean = () => true) =>
  until(
    async () => {
      const query = `WorkflowType = '${type}' and ExecutionStatus = 'Completed'`
      const found: { workflowId: string; history: Awaited<ReturnType<typeof historyOf>> }[] = []
      for await (const { workflowId, runId } of client.workflow.list({ query })) {
        const history = await client.workflow.getHandle(workflowId, runId).fetchHistory()
        if (is(JSON.stringify(history))) found.push({ workflowId, history })
      }
      const lengthOf = ({ history }: (typeof found)[number]): number => history.events?.length ?? 0
      return found.sort((a, b) => lengthOf(b) - lengthOf(a))[0]
    },
    () => `no run of ${type} ended`,
  )

test('every question and repair that the product ran here replays', async () => {
  const { host, username, password, tls } = labRequest(product)
  await product.call('POST', '/discover', { vcenter: host, username, password, tls })
  await product.call('POST', `/platforms/${platformId}/test`)
  await product.call('POST', `/repositories/${repository.id}/rescan`)
  const bundle = await bundleWorkflows()
  const forgets = (text: string): boolean => text.includes('forgetCredential')
  for (const [name, type, is] of [
    ['discover', workflowTypes.discover, (text: string) => !forgets(text)],
    ['discover.once', workflowTypes.discover, forgets],
    ['test-platform', workflowTypes.testPlatform],
    ['inspect-repository', workflowTypes.inspectRepository],
    ['open-content', workflowTypes.openContent],
    ['verify-backup', workflowTypes.verifyBackup],
    ['delete-backup', workflowTypes.deleteBackup],
    ['rescan-repository', workflowTypes.rescanRepository],
    ['sweep-leftovers.orphan', workflowTypes.sweepLeftovers, (text: string) => text.includes('settleOrphan')],
  ] as const) {
    const { workflowId, history } = await longestRun(type, is)
    await recordHistory(name, history)
    await replay(bundle, history, workflowId)
  }
})
