import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readEndpoints, type Endpoints } from './endpoints.js'
import { identityOf } from './process-identity.js'
import { runNpm, until as untilSo, type Running } from './testing/run-npm.js'

let home: string
let started: Running[]

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'sendense-up-'))
  started = []
})
afterAll(async () => {
  const { status } = await run('stop')
  await rm(home, { recursive: true, force: true })
  expect(status).toBe(0)
})

const start = (...words: string[]): Running => {
  const running = runNpm(home, words)
  started.push(running)
  return running
}

const run = async (...words: string[]): Promise<{ status: number | null; text: string }> => {
  const { ended, text } = start(...words)
  return { status: await ended, text: text() }
}

const until = <T>(what: () => Promise<T | undefined | false>, words: string): Promise<T> =>
  untilSo(what, () => `${words} never happened:\n${started.map(({ text }) => text()).join('\n')}`)

/** Waits for the endpoints of one start, or for its early end. */
const ready = async (by: ReturnType<typeof start>): Promise<Endpoints> => {
  const file = join(home, 'endpoints.json')
  const found = await Promise.race([until(() => readEndpoints(file), 'endpoints.json'), by.ended])
  if (found === null || typeof found === 'number')
    throw new Error(`the start ended (${found}):\n${by.text()}`)
  return found
}

const health = (endpoints: Endpoints): Promise<number> =>
  fetch(`${endpoints.api}/api/v1/health`).then(
    ({ status }) => status,
    () => 0,
  )

const aliveAmong = async (endpoints: Endpoints): Promise<string[]> => {
  const alive: string[] = []
  for (const [name, pid] of Object.entries(endpoints.processes))
    if ((await identityOf(pid)) !== undefined) alive.push(name)
  return alive
}

let endpoints: Endpoints

test('a start ends with everything healthy and its endpoints written down', async () => {
  const first = start('up', '--no-lab')
  endpoints = await ready(first)
  expect(Object.keys(endpoints.processes).sort()).toEqual([
    'api',
    'mariadb',
    'supervisor',
    'temporal',
    'worker',
  ])
  expect(await health(endpoints)).toBe(200)
  await until(async () => first.text().includes('Sendense is ready after'), 'the block of addresses')
  expect(first.text()).toContain(endpoints.ui)
  const password = (await readFile(join(home, 'state', 'keys', 'admin-password'), 'utf8')).trim()
  expect(first.text()).toContain(`password ${password}`)
  expect((await readFile(endpoints.admin_token_file, 'utf8')).trim()).not.toBe('')
})

test('a second start is refused with the pid of the first, and disturbs nothing', async () => {
  const { status, text } = await run('up', '--no-lab')
  expect(status).toBe(1)
  expect(text).toContain(`pid ${endpoints.processes['supervisor']}`)
  expect(text).toContain(`npm run stop -- --home '${home}'`)
  expect(await readEndpoints(join(home, 'endpoints.json'))).toEqual(endpoints)
})

test.each(['worker', 'api', 'temporal', 'mariadb'])(
  'a killed %s comes back, and endpoints.json knows',
  async (name) => {
    const before = endpoints.processes[name] ?? 0
    process.kill(before, 'SIGKILL')
    endpoints = await until(async () => {
      const now = await readEndpoints(join(home, 'endpoints.json'))
      return now !== undefined && now.processes[name] !== before && now
    }, `the return of ${name}`)
    await until(async () => (await health(endpoints)) === 200, `health after the return of ${name}`)
  },
)

test('after a killed supervisor the next start ends what it left, and keeps the data', async () => {
  const earlier = endpoints
  process.kill(earlier.processes['supervisor'] ?? 0, 'SIGKILL')
  await until(
    async () => (await aliveAmong(earlier)).includes('supervisor') === false,
    'the end of the supervisor',
  )
  expect(await aliveAmong(earlier)).toContain('worker')
  await rm(join(home, 'endpoints.json'), { force: true })
  const second = start('up', '--no-lab')
  endpoints = await ready(second)
  expect(await aliveAmong(earlier)).toEqual([])
  expect(second.text()).toContain('ended what an earlier run left')
  const token = (await readFile(endpoints.admin_token_file, 'utf8')).trim()
  const answer = await fetch(`${endpoints.api}/api/v1/repositories`, {
    headers: { authorization: `Bearer ${token}` },
  })
  expect(answer.status).toBe(200)
})

test('npm run stop ends everything and takes the endpoints away', async () => {
  const { status } = await run('stop')
  expect(status).toBe(0)
  expect(await aliveAmong(endpoints)).toEqual([])
  expect(await readdir(home)).not.toContain('endpoints.json')
  expect(await started.at(-2)?.ended).toBe(0)
})
