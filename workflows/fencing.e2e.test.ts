import { spawn, type ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
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

let product: Product
let repository: Repository
let second: ChildProcess | undefined

beforeAll(async () => {
  product = await startProduct({ SENDENSE_CHECKPOINT_MIB: '1' })
  repository = await addRepository(product, 'first')
})
afterAll(async () => {
  await stopped(second)
  await product?.[Symbol.asyncDispose]()
})

const stopped = async (child: ChildProcess | undefined): Promise<void> => {
  if (child === undefined || child.exitCode !== null) return
  const ended = once(child, 'exit')
  child.kill('SIGTERM')
  await ended
}

/** Another worker process with the very settings of the first one, on the same machine. */
const startSecondWorker = async (likePid: number): Promise<ChildProcess> => {
  const environment = await readFile(`/proc/${likePid}/environ`, 'utf8')
  const env = Object.fromEntries(
    environment
      .split('\0')
      .filter((pair) => pair.includes('='))
      .map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]),
  )
  const args = ['--import', 'tsx', join(__dirname, '../worker/main.ts')]
  const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'inherit'] })
  let said = ''
  child.stdout.on('data', (text: Buffer) => (said += text.toString()))
  await until(
    () => Promise.resolve(said.includes('"ready":true')),
    () => `the second worker did not become ready: ${said}`,
    200_000,
  )
  return child
}

/** Size, time of the last write and content's length of everything in the repository. */
const repositoryState = async (): Promise<string[]> => {
  const entries = await readdir(repository.path, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
  return Promise.all(
    files.sort().map(async (file) => {
      const { size, mtimeNs, blocks } = await stat(file, { bigint: true })
      return `${file} ${size} ${blocks} ${mtimeNs}`
    }),
  )
}

test('a worker that was stopped in a copy and wakes up after its successor has finished writes nothing', async () => {
  const vmContext = await protect(product, await addLab(product), vm)
  for (let at = 0; at < 38; at++) await product.lab.write(vm, key, at * MiB, randomBytes(MiB))
  await product.lab.hold(vm, key, 20 * MiB)
  const id = await startBackup(product, { vm_context_id: vmContext, repository_id: repository.id })
  await until(
    async () => (await product.lab.holds()).some(({ waiting }) => waiting > 0),
    () => 'the copy never came to the hold',
  )
  const sleeper = (await product.endpoints()).processes['worker']!
  process.kill(sleeper, 'SIGSTOP')
  try {
    second = await startSecondWorker(sleeper)
    await backupWhen(product, id, ({ disks }) => disks.some(({ attempt_no }) => attempt_no === 2))
    await product.lab.release()
    expect(await backupWhen(product, id)).toMatchObject({ status: 'completed', cleanup: 'done' })
    const before = await repositoryState()
    process.kill(sleeper, 'SIGCONT')
    await sleep(5000)
    expect(await repositoryState()).toEqual(before)
    expect((await product.endpoints()).processes['worker']).toBe(sleeper)
  } finally {
    process.kill(sleeper, 'SIGCONT')
  }
  await product.call('POST', `/backups/${id}/verify`)
  const verified = await backupWhen(product, id, ({ verified_at }) => verified_at !== null)
  expect(verified.verify_result).toBe('good')
  expect(await product.lab.snapshots()).toEqual([])
})
