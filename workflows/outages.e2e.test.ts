import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { Client, Connection } from '@temporalio/client'
import type { BackupDetails } from '../api/contract/backups.js'
import { apiClient } from '../dev/demo-client.js'
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
import type { Repository } from '../domain/repository.js'
import { scheduleIds } from '../domain/rules/names.js'

const run = promisify(execFile)
const vm = 'pgtest2'
const [key, otherKey] = [2000, 2001]
const MiB = 2 ** 20

let product: Product
let connection: Connection
let client: Client
let vmContext: string
let repository: Repository

beforeAll(async () => {
  product = await startProduct({
    SENDENSE_UNDO_SECONDS: '8',
    SENDENSE_CHECKPOINT_MIB: '1',
    SENDENSE_CHECKPOINT_SECONDS: '1',
  })
  connection = await Connection.connect({ address: (await product.endpoints()).temporal })
  client = new Client({ connection, namespace: 'sendense' })
  vmContext = await protect(product, await addLab(product), vm)
  repository = await addRepository(product, 'first')
})
afterAll(async () => {
  await connection?.close()
  await product?.[Symbol.asyncDispose]()
})
afterEach(async () => {
  await product.lab.clearFaults()
  await product.lab.clearDelays()
  await product.lab.release()
  const open = await product.call<{ backups: BackupDetails[] }>('GET', '/backups?status=running')
  for (const { id } of open.backups) {
    await product.ask('POST', `/backups/${id}/cancel`)
    await backupWhen(product, id)
  }
})

const start = (backup_type: 'auto' | 'full' = 'auto'): Promise<string> =>
  startBackup(product, { vm_context_id: vmContext, repository_id: repository.id, backup_type })
const ask = (id: string, action: 'pause' | 'resume' | 'cancel') =>
  product.ask('POST', `/backups/${id}/${action}`)
const tries = ({ steps }: BackupDetails, name: string): number =>
  steps.filter((step) => step.name === name && step.status === 'failed').length
const failedOnce = (id: string, name: string): Promise<BackupDetails> =>
  backupWhen(product, id, (backup) => tries(backup, name) > 0)
const sweep = () => client.schedule.getHandle(scheduleIds.sweepLeftovers).trigger()
/** From now on every call finds the connection cut; NBD, which the hosts serve, goes on. */
const goAway = (method?: string) =>
  product.lab.drop({
    target: 'sdk',
    when: 'before',
    count: 1_000_000,
    ...(method !== undefined && { method }),
  })
const comeBack = () => product.lab.clearFaults()

const fill = async (): Promise<void> => {
  for (let offset = 0; offset < 38 * MiB; offset += MiB)
    await product.lab.write(vm, key, offset, randomBytes(MiB))
}
/** A run whose first disk stands at that offset. */
const heldAt = async (
  offset: number,
  type: 'auto' | 'full' = 'auto',
): Promise<{ id: string; hold: number }> => {
  await fill()
  const hold = await product.lab.hold(vm, key, offset)
  const id = await start(type)
  await reached(hold)
  return { id, hold }
}
const reached = (hold: number) =>
  until(
    async () => (await product.lab.holds()).some(({ id, waiting }) => id === hold && waiting > 0),
    () => `no copy came to hold ${hold}`,
  )

const identicalToOracle = async (backup: BackupDetails): Promise<void> => {
  const { api, admin_token_file } = await product.endpoints()
  const reader = await apiClient(api, admin_token_file)
  expect(backup.disks.map(({ device_key }) => device_key).sort()).toEqual([key, otherKey])
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

const endsWell = async (id: string): Promise<BackupDetails> => {
  const backup = await backupWhen(product, id)
  expect(backup).toMatchObject({ status: 'completed', cleanup: 'done', warnings: [] })
  await identicalToOracle(backup)
  expect(await product.lab.snapshots()).toEqual([])
  return backup
}

test('the vCenter is gone while it is asked for the VM, for the snapshot, and for its removal', async () => {
  await fill()
  await goAway()
  const hold = await product.lab.hold(vm, key, 30 * MiB)
  const id = await start('full')
  const first = await failedOnce(id, 'discoverVm')
  expect(first.status).toBe('running')
  await comeBack()
  // Made, and its answer lost: what stands is adopted.
  await product.lab.drop({ target: 'sdk', method: 'CreateSnapshot_Task', when: 'after', count: 1 })
  await reached(hold)
  expect(await product.lab.snapshots()).toHaveLength(1)
  await goAway()
  await product.lab.release(hold)
  await failedOnce(id, 'removeSnapshot')
  await comeBack()
  const backup = await endsWell(id)
  expect(tries(backup, 'takeSnapshot')).toBe(1)
  const why = backup.steps.find(({ name, status }) => name === 'removeSnapshot' && status === 'failed')
  expect(why).toMatchObject({ error_code: 'source-unreachable' })
})

test('sessions that expire during the copy, and between the snapshot and the next attempt, cost nothing', async () => {
  const { id, hold } = await heldAt(20 * MiB)
  expect((await product.lab.expireSessions()).expired).toBeGreaterThan(0)
  expect(await ask(id, 'pause')).toMatchObject({ status: 202 })
  await product.lab.expireSessions()
  expect(await ask(id, 'resume')).toMatchObject({ status: 202 })
  await reached(hold)
  expect((await product.lab.expireSessions()).expired).toBeGreaterThan(0)
  await product.lab.release(hold)
  const backup = await endsWell(id)
  expect(backup.steps.filter(({ status }) => status === 'failed')).toEqual([])
})

test('the vCenter stays away: the point stands, the cleanup is pending, and the sweeper ends it', async () => {
  const { id, hold } = await heldAt(20 * MiB)
  await goAway()
  await product.lab.release(hold)
  const ended = await backupWhen(product, id)
  expect(ended).toMatchObject({ status: 'completed', cleanup: 'pending' })
  expect(await product.lab.snapshots()).toHaveLength(1)
  await identicalToOracle(ended)
  await comeBack()
  await sweep()
  await backupWhen(product, id, ({ cleanup }) => cleanup === 'done')
  expect(await product.lab.snapshots()).toEqual([])
})

test('a vCenter that takes the call and never answers does not hang the undo', async () => {
  const { id, hold } = await heldAt(20 * MiB)
  await product.lab.delay({ method: 'RemoveSnapshot_Task', ms: 20_000, where: 'call', count: 1 })
  expect(await ask(id, 'cancel')).toMatchObject({ status: 202 })
  const ended = await backupWhen(product, id)
  expect(ended).toMatchObject({ status: 'cancelled', cleanup: 'pending', error_code: null })
  expect(await product.lab.snapshots()).toHaveLength(1)
  await product.lab.release(hold)
  await sweep()
  await backupWhen(product, id, ({ cleanup }) => cleanup === 'done')
  expect(await product.lab.snapshots()).toEqual([])
  expect((await readdir(repository.path, { recursive: true })).filter((name) => name.includes(id))).toEqual(
    [],
  )
})

/** The furthest durable byte of that disk's attempts. */
const durable = async (diskId: string): Promise<number> => {
  const names = (await readdir(repository.path, { recursive: true })).filter(
    (name) => name.includes(diskId) && name.endsWith('.checkpoint'),
  )
  const cursors = await Promise.all(
    names.map(async (name) => {
      const text = await readFile(join(repository.path, name), 'utf8').catch(() => '{}')
      return Number((JSON.parse(text) as { cursor?: number }).cursor ?? 0)
    }),
  )
  return Math.max(0, ...cursors)
}
const readBytes = async (): Promise<number> =>
  (await product.lab.nbd()).totals
    .filter((one) => one.key === key)
    .reduce((sum, one) => sum + one.read_bytes, 0)

test.each([
  { type: 'full', fault: 'connections are cut', stops: [22, 34] },
  // What a lost host looks like through VDDK: four errors, but never at the same place.
  { type: 'auto', fault: 'reads fail', stops: [16, 22, 28, 34] },
] as const)(
  '$fault again and again in a $type copy: it goes on each time, and the bytes are right',
  async ({ type, fault, stops }) => {
    const { id, hold: first } = await heldAt(10 * MiB, type)
    let hold = first
    const { disks } = await product.call<BackupDetails>('GET', `/backups/${id}`)
    const { disk_id: diskId } = disks.find(({ device_key }) => device_key === key)!
    let at = 10 * MiB
    for (const next of stops.map((offset) => offset * MiB)) {
      const cursor = await until(
        async () => (await durable(diskId)) >= at - 4 * MiB && durable(diskId),
        () => 'no checkpoint was written before the hold',
        // Attempts come after 5, 12, 31 and 78 s.
        200_000,
      )
      const before = await readBytes()
      if (fault === 'connections are cut') await product.lab.drop({ target: 'nbd', vm })
      else await product.lab.ioError({ vm, key, offset: at + MiB, length: 4096, count: 1 })
      const waiting = await product.lab.hold(vm, key, next)
      await product.lab.release(hold)
      await reached(waiting)
      hold = waiting
      at = next
      // Held pieces may still be served to the dead connection: twice what lay between, never the disk again.
      expect((await readBytes()) - before).toBeLessThanOrEqual(2 * (next - cursor) + 2 * MiB)
    }
    await product.lab.release(hold)
    const backup = await endsWell(id)
    expect(backup.backup_type).toBe(type === 'full' ? 'full' : 'incremental')
    const said = backup.steps.filter(({ name, status }) => name === 'copyDisk' && status === 'failed')
    // A connection that is cut may take the next attempt's first read with it.
    expect(said.length).toBeGreaterThanOrEqual(stops.length)
    for (const { detail } of said)
      expect(detail).toMatch(/^Hard disk \d: Reading the source disk failed: .* at offset \d+/)
  },
)

/** Stops a service of the product by signal while `work` looks at what that means. */
const frozen = async (name: 'mariadb' | 'temporal', work: () => Promise<void>): Promise<void> => {
  const pid = (await product.endpoints()).processes[name]!
  process.kill(pid, 'SIGSTOP')
  try {
    await work()
  } finally {
    process.kill(pid, 'SIGCONT')
  }
}
const healthOf = async () =>
  (await product.ask<{ checks: Record<string, { ok: boolean }> }>('GET', '/health')).body

test('MariaDB, then Temporal, hang in the middle of a copy: said by health and answers, and the copy ends well', async () => {
  const { id, hold } = await heldAt(20 * MiB)
  await frozen('mariadb', async () => {
    expect((await healthOf()).checks).toMatchObject({ database: { ok: false }, temporal: { ok: true } })
    const answer = await product.ask('GET', '/backups')
    expect(answer).toMatchObject({ status: 503, body: { code: 'service-unavailable', status: 503 } })
    expect(answer.body['detail']).toMatch(/database/)
    expect(answer.body['remedy']).toBeTruthy()
  })
  await frozen('temporal', async () => {
    expect((await healthOf()).checks).toMatchObject({ database: { ok: true }, temporal: { ok: false } })
    const answer = await ask(id, 'cancel')
    expect(answer).toMatchObject({ status: 503, body: { code: 'service-unavailable', status: 503 } })
    expect(answer.body['remedy']).toBeTruthy()
    expect(await product.ask('GET', `/backups/${id}`)).toMatchObject({ status: 200 })
  })
  await product.lab.release(hold)
  await endsWell(id)
})
