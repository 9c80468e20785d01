import { spawn } from 'node:child_process'
import { mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { endLeftovers, openChildrenFile } from './children.js'
import { endProcess, identityOf, isAlive, type ProcessIdentity } from './process-identity.js'

let folder: string
let file: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sendense-children-'))
  file = join(folder, 'children.json')
})
afterEach(() => rm(folder, { recursive: true }))

const startChild = async (script = 'setInterval(() => undefined, 1000)'): Promise<ProcessIdentity> => {
  const child = spawn(process.execPath, ['-e', `${script}; console.log('up')`], {
    detached: true,
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  await new Promise((resolve) => child.stdout.once('data', resolve))
  const identity = await identityOf(child.pid ?? 0)
  if (identity === undefined) throw new Error('the child did not start')
  return identity
}

test('ends the recorded processes of a killed run, and its sockets’ folder', async () => {
  const who = await startChild()
  const sockets = join(folder, 'sockets')
  await mkdir(sockets)
  await openChildrenFile(file, sockets).record({ name: 'worker', graceMs: 5000, ...who })
  expect(await endLeftovers(file)).toEqual([`worker (${who.pid})`])
  expect(await isAlive(who)).toBe(false)
  await expect(stat(sockets)).rejects.toThrow('ENOENT')
  expect(await endLeftovers(file)).toEqual([])
})

test('never touches a process that only has the recorded pid', async () => {
  const who = await startChild()
  const earlier = { ...who, startTime: '1' }
  await openChildrenFile(file, null).record({ name: 'worker', graceMs: 5000, ...earlier })
  expect(await endLeftovers(file)).toEqual([])
  expect(await isAlive(who)).toBe(true)
  await endProcess(who, 5000)
})

test('a process that ignores TERM is killed after its grace', async () => {
  const who = await startChild("process.on('SIGTERM', () => undefined); setInterval(() => undefined, 1000)")
  await endProcess(who, 200)
  expect(await isAlive(who)).toBe(false)
})

test('records of two services made at once are both kept', async () => {
  const [first, second] = [await startChild(), await startChild()]
  const children = openChildrenFile(file, null)
  await Promise.all([
    children.record({ name: 'worker', graceMs: 5000, ...first }),
    children.record({ name: 'api', graceMs: 5000, ...second }),
  ])
  expect(await endLeftovers(file)).toEqual([`api (${second.pid})`, `worker (${first.pid})`])
})

test('a file that was cut short is passed over', async () => {
  await writeFile(file, '{"children":[')
  expect(await endLeftovers(file)).toEqual([])
})
