import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { layoutOf } from './layout.js'
import { openInstance } from './instance.js'
import { lockHolder, tryLock, waitForLock } from './lock.js'
import { identityOf } from './process-identity.js'

let folder: string
let file: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sendense-lock-'))
  file = join(folder, 'lock')
})
afterEach(() => rm(folder, { recursive: true }))

/** A process of its own that holds the lock until it is killed. */
const holdElsewhere = async (): Promise<ChildProcess> => {
  const child = spawn('flock', ['-x', file, 'sh', '-c', 'echo held; exec cat'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  await once(child.stdout, 'data')
  return child
}

test('a second taker is refused and told who has it', async () => {
  await using lock = await tryLock(file)
  expect(lock).toBeDefined()
  expect(await tryLock(file)).toBeUndefined()
  expect(await lockHolder(file)).toEqual(await identityOf(process.pid))
})

test('a lock that was given back can be taken again', async () => {
  const first = await tryLock(file)
  await first?.[Symbol.asyncDispose]()
  await using second = await tryLock(file)
  expect(second).toBeDefined()
})

test('a lock file that names a living process blocks nobody when that process does not hold it', async () => {
  const reused = await identityOf(process.pid)
  await writeFile(file, JSON.stringify(reused))
  await using lock = await tryLock(file)
  expect(lock).toBeDefined()
})

test('a holder that is killed outright gives the lock free', async () => {
  const holder = await holdElsewhere()
  expect(await tryLock(file)).toBeUndefined()
  holder.stdin?.end()
  holder.kill('SIGKILL')
  await once(holder, 'exit')
  await using lock = await waitForLock(file, 10_000)
  expect(lock.file).toBe(file)
})

test('a start in a home that another process has is refused, with its pid and how to stop it', async () => {
  const layout = layoutOf(folder, join(folder, 'home'), join(folder, 'cache'))
  await using _first = await openInstance(layout)
  const second = openInstance(layout)
  await expect(second).rejects.toMatchObject({
    message: expect.stringContaining(`pid ${process.pid}`) as string,
    remedy: expect.stringContaining('npm run stop') as string,
  })
})
