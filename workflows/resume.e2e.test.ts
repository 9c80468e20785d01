import { randomBytes } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Repository } from '../domain/repository.js'
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

const vm = 'pgtest2'
const key = 2000
const MiB = 2 ** 20
// The movers read in pieces of a megabyte.
const piece = MiB

let product: Product
let repository: Repository
let vmContext: string

beforeAll(async () => {
  product = await startProduct({ SENDENSE_CHECKPOINT_MIB: '1' })
  vmContext = await protect(product, await addLab(product), vm)
  repository = await addRepository(product, 'first')
})
afterAll(async () => {
  await product?.[Symbol.asyncDispose]()
})
afterEach(async () => {
  await product.lab.release()
})

/** The furthest durable cursor of any attempt that runs. */
const durable = async (): Promise<number> => {
  const files = (await readdir(repository.path, { recursive: true })).filter((name) =>
    name.endsWith('.checkpoint'),
  )
  const cursors = await Promise.all(
    files.map(async (name) => {
      const text = await readFile(join(repository.path, name), 'utf8').catch(() => '{}')
      return Number((JSON.parse(text) as { cursor?: number }).cursor ?? 0)
    }),
  )
  return Math.max(0, ...cursors)
}

const readByTheMovers = async (): Promise<number> => {
  const { totals } = await product.lab.nbd()
  return totals
    .filter((one) => one.vm === vm || one.key === key)
    .reduce((sum, one) => sum + one.read_bytes, 0)
}

const fill = async (offset: number, bytes: number): Promise<void> => {
  for (let done = 0; done < bytes; done += MiB)
    await product.lab.write(vm, key, offset + done, randomBytes(MiB))
}

const request = (type: 'auto' | 'full') => ({
  vm_context_id: vmContext,
  repository_id: repository.id,
  backup_type: type,
})

test.each(['full', 'auto'] as const)(
  'kill -9 of the worker in a %s copy: it goes on from the last durable block, and the point is good',
  async (type) => {
    await fill(0, 38 * MiB)
    await product.lab.hold(vm, key, 34 * MiB)
    const id = await startBackup(product, request(type))
    const cursor = await until(
      async () => ((await durable()) >= 28 * MiB ? durable() : undefined),
      () => 'no checkpoint was written before the hold',
    )
    process.kill((await product.endpoints()).processes['worker']!, 'SIGKILL')
    const before = await readByTheMovers()
    await product.lab.release()
    const backup = await backupWhen(product, id)
    expect(backup).toMatchObject({ status: 'completed', cleanup: 'done' })
    expect(backup.backup_type).toBe(type === 'full' ? 'full' : 'incremental')
    const disk = backup.disks.find(({ device_key }) => device_key === key)!
    expect(disk.attempt_no).toBeGreaterThan(1)
    // Twice the rest of the disk: what the dead attempt had asked for and the lab still served, and what the next one read.
    const again = (await readByTheMovers()) - before
    expect(again).toBeLessThanOrEqual(2 * (disk.bytes_total - cursor) + piece)
    await product.call('POST', `/backups/${id}/verify`)
    const verified = await backupWhen(product, id, ({ verify_result }) => verify_result !== null)
    expect(verified.verify_result).toBe('good')
    expect(
      (await readdir(repository.path, { recursive: true })).filter((name) => /\.\d+\./.test(name)),
    ).toEqual([])
  },
)
