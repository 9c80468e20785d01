import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { endLeftovers, openChildrenFile } from './children.js'
import { identityOf } from './process-identity.js'
import type { ServicePlan } from './supervised-process.js'
import { openSupervisor, type Supervisor } from './supervisor.js'

let folder: string
let said: string[]
let restarts: Record<string, number>[]
let supervisor: Supervisor
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sendense-supervisor-'))
  said = []
  restarts = []
  supervisor = openSupervisor({
    children: openChildrenFile(join(folder, 'children.json'), null),
    say: (line) => said.push(line),
    onRestart: async (pids) => void restarts.push(pids),
    firstWaitMs: 20,
    longestWaitMs: 80,
  })
})
afterEach(async () => {
  await supervisor.stopAll()
  await rm(folder, { recursive: true })
})

/** A service that notes its start and its orderly end in `events`. */
const script = `
const { appendFileSync } = require('node:fs')
const note = (word) => appendFileSync(process.env.EVENTS, word + ' ' + process.env.NAME + '\\n')
note('start')
process.on('SIGTERM', () => { note('stop'); process.exit(0) })
setInterval(() => undefined, 1000)
console.log(JSON.stringify({ ready: true }))
`

const planOf = (name: string, program = script): ServicePlan => ({
  name,
  command: process.execPath,
  args: ['-e', program],
  env: { ...process.env, NAME: name, EVENTS: join(folder, 'events') },
  cwd: folder,
  logFile: join(folder, `${name}.log`),
  ready: 'line',
  readyTimeoutMs: 20_000,
  graceMs: 10_000,
})

const events = async (): Promise<string[]> =>
  (await readFile(join(folder, 'events'), 'utf8')).trim().split('\n')

const until = async (what: () => boolean | Promise<boolean>): Promise<void> => {
  const deadline = Date.now() + 15_000
  while (!(await what())) {
    if (Date.now() > deadline) throw new Error(`never happened; said: ${said.join(' | ')}`)
    await sleep(20)
  }
}

test('stops in the opposite order of starting and leaves no process', async () => {
  for (const name of ['database', 'worker', 'api']) await supervisor.start(planOf(name))
  const pids = Object.values(supervisor.pids())
  await supervisor.stopAll()
  expect((await events()).slice(3)).toEqual(['stop api', 'stop worker', 'stop database'])
  for (const pid of pids) expect(await identityOf(pid)).toBeUndefined()
  expect(said).toEqual([])
})

test('a service that is killed comes back under a new pid, and says so', async () => {
  await supervisor.start(planOf('worker'))
  const before = supervisor.pids()['worker'] ?? 0
  process.kill(before, 'SIGKILL')
  await until(() => restarts.length === 1)
  const after = restarts[0]?.['worker']
  expect(after).not.toBe(before)
  expect(said[0]).toContain('worker ended (signal SIGKILL)')
  expect(said[1]).toBe(`• worker is back (pid ${after})`)
})

test('a service that ends again and again is tried with growing waits', async () => {
  const counter = join(folder, 'count')
  await writeFile(counter, '')
  const failing = `
    const { appendFileSync, readFileSync } = require('node:fs')
    appendFileSync('${counter}', 'x')
    const starts = readFileSync('${counter}', 'utf8').length
    if (starts === 1 || starts > 4) console.log(JSON.stringify({ ready: true }))
    if (starts > 4) setInterval(() => undefined, 1000)
    else setTimeout(() => process.exit(3), 50)
  `
  await supervisor.start(planOf('worker', failing))
  await until(() => restarts.length === 1)
  const waits = said.flatMap((line) => /starting it again in (\S+) s/.exec(line)?.[1] ?? [])
  expect(waits).toEqual(['0.02', '0.04', '0.08', '0.08'])
})

test('a service that ends before it is ready fails the start with the end of its log', async () => {
  const failing = planOf('api', "console.log('no such table'); process.exit(2)")
  await expect(supervisor.start(failing)).rejects.toThrow(
    /api ended \(status 2\) before it was ready:\s+no such table/,
  )
})

test('a program that does not exist fails the start by name', async () => {
  await expect(supervisor.start({ ...planOf('api'), command: join(folder, 'none') })).rejects.toThrow(
    /api could not be started/,
  )
})

test('what runs is on record until it is stopped', async () => {
  await supervisor.start(planOf('worker'))
  const pid = supervisor.pids()['worker'] ?? 0
  const text = await readFile(join(folder, 'children.json'), 'utf8')
  expect(JSON.parse(text)).toMatchObject({ children: [{ name: 'worker', pid }] })
  await supervisor.stopAll()
  expect(await endLeftovers(join(folder, 'children.json'))).toEqual([])
})

test('a service that ended is not ready, whoever answers on its port', async () => {
  const plan = planOf('unlucky', 'process.exit(3)')
  // Another one's answer, late enough that ours is over.
  const answer = (): Promise<boolean> => sleep(2000, true)
  await expect(supervisor.start({ ...plan, ready: answer })).rejects.toThrow(/unlucky ended \(status 3\)/)
})
