import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { copyFile, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

import { recordPath, writeRecord } from './child-record.js'
import { endStrays } from './end-strays.js'
import { launch } from './launch.js'
import { openGuard } from './open-guard.js'
import { bootId, isAlive, startTimeOf, type ProcessIdentity } from './process-identity.js'
import { runProgram } from './run-program.js'
import { spawnChild, type SpawnOptions } from './spawn-child.js'
import { eventually, guardScript, owner, scratch } from './testing/scratch.js'

jest.setTimeout(30_000)

const memory = (socketPath: string): string[] => ['--foreground', '--unix', socketPath, 'memory', '1M']
// Blocked in a read, and deaf to TERM while its script runs.
const stuck = (socketPath: string): string[] => [
  '--foreground',
  '--unix',
  socketPath,
  'eval',
  'get_size=echo 1048576',
  "pread=trap '' TERM; sleep 1000",
]

const child = (
  socketPath: string,
  more: Partial<SpawnOptions> & Pick<SpawnOptions, 'guard'>,
): SpawnOptions => ({
  program: 'nbdkit',
  args: memory(socketPath),
  name: 'nbdkit-1',
  owner,
  readiness: { socketPath },
  readyTimeoutMs: 10_000,
  ...more,
})

/** Ends a process that a test started, however the test ends. */
const ending = (started: ChildProcess) => ({
  pid: started.pid!,
  async [Symbol.asyncDispose]() {
    if (started.exitCode !== null || started.signalCode !== null) return
    started.kill('SIGKILL')
    await once(started, 'exit')
  },
})

const reader = (socketPath: string) =>
  ending(spawn('nbdcopy', [`nbd+unix:///?socket=${socketPath}`, 'null:'], { stdio: 'ignore' }))

/** A worker in a process of its own that holds one nbdkit. */
const startWorker = async (stateDir: string, socketPath: string, nbdkitArgs: readonly string[]) => {
  const script = join(__dirname, 'testing/owner-process.ts')
  const args = ['--import', 'tsx', script, guardScript, stateDir, socketPath, 'nbdkit', ...nbdkitArgs]
  const started = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] })
  const line = await firstLine(started.stdout)
  return { ...ending(started), held: JSON.parse(line) as ProcessIdentity & { guardPid: number } }
}

const firstLine = (stream: NodeJS.ReadableStream): Promise<string> =>
  new Promise((resolve) => createInterface({ input: stream }).once('line', resolve))

// nbdkit, its script and the script's sleep: three, once the script ignores TERM.
const groupOf = async (leader: number): Promise<number[]> => {
  const all = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  const found = await Promise.all(
    all.map(async (name) => {
      const stat = await readFile(`/proc/${name}/stat`, 'utf8').catch(() => '')
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
      return fields[2] === String(leader) && fields[0] !== 'Z' ? [Number(name)] : []
    }),
  )
  return found.flat()
}

test('a child is ready when it listens, recorded while it lives, and leaves nothing when disposed', async () => {
  await using dir = await scratch()
  await using guard = dir.guard()
  const socketPath = dir.path('n.sock')
  let identity: ProcessIdentity
  {
    await using server = await spawnChild(child(socketPath, { guard }))
    identity = server
    expect(await isAlive(server)).toBe(true)
    const record: unknown = JSON.parse(await readFile(recordPath(dir.stateDir, 'nbdkit-1'), 'utf8'))
    expect(record).toMatchObject({ pid: server.pid, startTime: server.startTime, owner, socketPath })
  }
  expect(await isAlive(identity)).toBe(false)
  expect(existsSync(socketPath)).toBe(false)
  expect(await readdir(dir.stateDir)).toEqual([])
})

test.each(['SIGKILL', 'SIGTERM'] as const)(
  'an nbdkit blocked in a read is gone within 2 s of its owner’s %s',
  async (signal) => {
    await using dir = await scratch()
    const socketPath = dir.path('n.sock')
    await using worker = await startWorker(dir.stateDir, socketPath, stuck(socketPath))
    const { held } = worker
    await using _client = reader(socketPath)
    await eventually('the read is under way', async () => (await groupOf(held.pid)).length > 2)

    process.kill(worker.pid, signal)
    await eventually('nbdkit and its scripts are gone', async () => (await groupOf(held.pid)).length === 0)
    expect(await isAlive(held)).toBe(false)
    await eventually(
      'socket and record are gone',
      async () => !existsSync(socketPath) && (await readdir(dir.stateDir)).length === 0,
    )
    await eventually('the guard is gone', async () => (await startTimeOf(held.guardPid)) === undefined)
  },
  30_000,
)

test('a blocked server that ignores TERM is killed after the grace at dispose', async () => {
  await using dir = await scratch()
  await using guard = dir.guard()
  const socketPath = dir.path('n.sock')
  const server = await spawnChild(child(socketPath, { guard, args: stuck(socketPath), graceMs: () => 200 }))
  await using _client = reader(socketPath)
  await eventually('the read is under way', async () => (await groupOf(server.pid)).length > 2)
  await server[Symbol.asyncDispose]()
  expect(await server.exited).toMatchObject({ signal: 'SIGKILL' })
  await eventually('its scripts are gone', async () => (await groupOf(server.pid)).length === 0)
})

test('a guard that was killed is replaced, and the new one still ends the children', async () => {
  await using dir = await scratch()
  const socketPath = dir.path('n.sock')
  await using worker = await startWorker(dir.stateDir, socketPath, memory(socketPath))
  const { held } = worker
  process.kill(held.guardPid, 'SIGKILL')
  const guards = async (): Promise<number[]> => {
    const children = await readFile(`/proc/${worker.pid}/task/${worker.pid}/children`, 'utf8')
    const pids = children.trim().split(' ').map(Number)
    const lines = await Promise.all(
      pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')),
    )
    return pids.filter((_, i) => lines[i]!.includes('guard.mjs'))
  }
  await eventually('another guard runs', async () => (await guards()).some((pid) => pid !== held.guardPid))
  process.kill(worker.pid, 'SIGKILL')
  await eventually('the child is gone', async () => !(await isAlive(held)))
}, 30_000)

test('a guard that dies again and again is tried anew for the next child', async () => {
  await using dir = await scratch()
  // Dies at its first runs, as where a machine is out of memory for a moment.
  const flaky = dir.path('flaky.mjs')
  const runs = dir.path('runs')
  await writeFile(
    flaky,
    `import { appendFileSync, readFileSync } from 'node:fs'
     appendFileSync(${JSON.stringify(runs)}, '.')
     if (readFileSync(${JSON.stringify(runs)}, 'utf8').length < 6) process.exit(1)
     await import(${JSON.stringify(guardScript)})`,
  )
  await using guard = openGuard({ guardScript: flaky, stateDir: dir.stateDir })
  const runsSoFar = async (): Promise<number> => (await readFile(runs, 'utf8').catch(() => '')).length
  await eventually('the guard is given up', async () => (await runsSoFar()) === 4)
  const tries = ['first', 'second', 'third', 'fourth'].map((name) => async () => {
    const sleeper = await launch({ guard, program: 'sleep', args: ['1000'], name, owner })
    process.kill(sleeper.pid, 'SIGKILL')
    await sleeper.exited
    await sleeper.forget()
  })
  let started = 0
  for (const one of tries)
    started += await one().then(
      () => 1,
      () => 0,
    )
  expect(started).toBeGreaterThan(0)
}, 60_000)

test('disposing a guard whose process cannot live ends the children all the same', async () => {
  await using dir = await scratch()
  const script = dir.path('guard.mjs')
  await copyFile(guardScript, script)
  const guard = openGuard({ guardScript: script, stateDir: dir.stateDir })
  const sleeper = await launch({ guard, program: 'sleep', args: ['1000'], name: 'sleeper', owner })
  await writeFile(script, 'process.exit(1)')
  process.kill(guard.pid() ?? 0, 'SIGKILL')
  await guard[Symbol.asyncDispose]()
  await eventually('the child is gone', async () => !(await isAlive(sleeper)))
  expect(await readdir(dir.stateDir)).toEqual([])
})

test('a reused pid is never hit', async () => {
  await using dir = await scratch()
  await using bystander = ending(spawn('sleep', ['1000'], { stdio: 'ignore' }))
  const { pid } = bystander
  const startTime = (await startTimeOf(pid))! - 1
  {
    await using guard = dir.guard()
    await guard.add({ pid, startTime, files: [] })
  }
  await writeRecord(dir.stateDir, { name: 'old', pid, startTime, bootId: await bootId(), owner })
  await writeRecord(dir.stateDir, { name: 'boot', pid, startTime: startTime + 1, bootId: 'another', owner })
  const ended = await endStrays({ stateDir: dir.stateDir, shouldEnd: () => true })
  expect(ended.map(({ name, wasAlive }) => [name, wasAlive]).sort()).toEqual([
    ['boot', false],
    ['old', false],
  ])
  expect(await isAlive({ pid, startTime: startTime + 1 })).toBe(true)
})

test('a sweep ends the children of those who should have none, and leaves the others', async () => {
  await using dir = await scratch()
  await using guard = dir.guard()
  const start = (attemptNo: number) => {
    const socketPath = dir.path(`${attemptNo}.sock`)
    return spawnChild(
      child(socketPath, {
        guard,
        name: `n-${attemptNo}`,
        args: memory(socketPath),
        owner: { ...owner, attemptNo },
      }),
    )
  }
  await using first = await start(1)
  await using second = await start(2)
  const ended = await endStrays({ stateDir: dir.stateDir, shouldEnd: ({ attemptNo }) => attemptNo < 2 })
  expect(ended).toMatchObject([{ name: 'n-1', pid: first.pid, wasAlive: true }])
  expect(await isAlive(first)).toBe(false)
  expect(await isAlive(second)).toBe(true)
  expect(existsSync(dir.path('1.sock'))).toBe(false)
  expect(await readdir(dir.stateDir)).toEqual(['n-2.json'])
  expect(await endStrays({ stateDir: dir.stateDir, shouldEnd: () => false })).toEqual([])
})

test('a worker that starts knows the children of one that runs from those of one that is gone', async () => {
  await using dir = await scratch()
  await using guard = dir.guard()
  await using bystander = ending(spawn('sleep', ['1000'], { stdio: 'ignore' }))
  const { pid } = bystander
  const startTime = (await startTimeOf(pid))!
  const socketPath = dir.path('running.sock')
  await using running = await spawnChild(
    child(socketPath, { guard, name: 'running', args: memory(socketPath), owner }),
  )
  const worker = { pid: process.pid, startTime: 1 }
  await writeRecord(dir.stateDir, { name: 'left', pid, startTime, bootId: await bootId(), owner, worker })
  const ended = await endStrays({ stateDir: dir.stateDir, shouldEnd: (_, by) => by === 'gone' })
  expect(ended).toMatchObject([{ name: 'left', wasAlive: true }])
  expect(await isAlive(running)).toBe(true)
})

test('secrets reach the child, and stand neither in its arguments nor in its environment', async () => {
  await using dir = await scratch()
  await using guard = dir.guard()
  const value = 'correct horse battery'
  const script =
    'read word <&4; env | sort; echo "got $word" >&2; tr "\\0" " " </proc/$$/cmdline; tr "\\0" "\\n" </proc/$$/environ'
  const output = await runProgram({
    guard,
    program: 'sh',
    args: ['-c', script],
    name: 'reader',
    owner,
    secrets: [{ fd: 4, value }],
    env: { GIVEN: 'yes' },
    timeoutMs: 10_000,
  })
  expect(output.stderrTail).toBe('got ***\n')
  expect(output.stdout).toContain('GIVEN=yes')
  expect(output.stdout).not.toContain(value)
  expect(output.stdout).not.toContain('NODE_ENV')
})

test('nbdkit takes a password from the descriptor', async () => {
  await using dir = await scratch()
  await using guard = dir.guard()
  const socketPath = dir.path('n.sock')
  const args = [
    '--foreground',
    '--unix',
    socketPath,
    'curl',
    'url=http://127.0.0.1:1/x',
    'user=u',
    'password=-3',
  ]
  // The server dials only when a client comes: that it listens shows that it has read its password.
  await using server = await spawnChild(
    child(socketPath, { guard, args, secrets: [{ fd: 3, value: 'tr0ub4dor' }] }),
  )
  const proc = await Promise.all(
    ['cmdline', 'environ'].map((name) => readFile(`/proc/${server.pid}/${name}`, 'latin1')),
  )
  expect(proc.join()).toContain('password=-3')
  expect(proc.join()).not.toContain('tr0ub4dor')
})

test('nothing runs before the guard knows it', async () => {
  await using dir = await scratch()
  const guard = dir.guard()
  const refusing = { ...guard, add: () => Promise.reject(new Error('no guard')) }
  const starting = launch({
    guard: refusing,
    program: 'touch',
    args: [dir.path('ran')],
    name: 'eager',
    owner,
  })
  await expect(starting).rejects.toMatchObject({ name: 'ProcessError', problem: 'guard' })
  expect(existsSync(dir.path('ran'))).toBe(false)
  expect(await readdir(dir.stateDir)).toEqual([])
  await guard[Symbol.asyncDispose]()
})

test('disposing the guard ends what is still registered', async () => {
  await using dir = await scratch()
  const guard = dir.guard()
  const sleeper = await launch({ guard, program: 'sleep', args: ['1000'], name: 'sleeper', owner })
  await guard[Symbol.asyncDispose]()
  expect(await sleeper.exited).toMatchObject({ signal: 'SIGKILL' })
  expect(await readdir(dir.stateDir)).toEqual([])
})

test.each([
  {
    name: 'a wrong argument',
    program: 'nbdkit',
    args: ['--foreground', 'no-such-plugin'],
    problem: 'exited',
    says: 'no-such-plugin',
  },
  {
    name: 'a program that is not there',
    program: 'no-such-program',
    args: [],
    problem: 'exited',
    says: 'not found',
  },
  {
    name: 'a server that never listens',
    program: 'sleep',
    args: ['1000'],
    problem: 'not-ready',
    says: 'within 300 ms',
  },
])('$name is reported, and leaves nothing', async ({ program, args, problem, says }) => {
  await using dir = await scratch()
  await using guard = dir.guard()
  const starting = spawnChild(
    child(dir.path('n.sock'), { guard, program, args, readyTimeoutMs: problem === 'exited' ? 10_000 : 300 }),
  )
  await expect(starting).rejects.toMatchObject({
    name: 'ProcessError',
    problem,
    message: expect.stringContaining(says) as string,
  })
  expect(await readdir(dir.stateDir)).toEqual([])
})

test('an abort while starting ends the child', async () => {
  await using dir = await scratch()
  await using guard = dir.guard()
  const aborter = new AbortController()
  const starting = spawnChild(
    child(dir.path('n.sock'), { guard, program: 'sleep', args: ['1000'], signal: aborter.signal }),
  )
  const outcome = expect(starting).rejects.toThrow('enough')
  await eventually('it is recorded', async () => (await readdir(dir.stateDir)).includes('nbdkit-1.json'))
  aborter.abort(new Error('enough'))
  await outcome
  expect(await readdir(dir.stateDir)).toEqual([])
})

test('a program that takes too long is killed', async () => {
  await using dir = await scratch()
  await using guard = dir.guard()
  const running = runProgram({ guard, program: 'sleep', args: ['1000'], name: 'slow', owner, timeoutMs: 200 })
  await expect(running).rejects.toMatchObject({ problem: 'timeout' })
  expect(await readdir(dir.stateDir)).toEqual([])
})

test('the socket of a stray of the same name is not taken for the child’s', async () => {
  await using dir = await scratch()
  await using guard = dir.guard()
  const socketPath = dir.path('n.sock')
  await using _squatter = ending(spawn('nbdkit', memory(socketPath), { stdio: 'ignore' }))
  await eventually('the squatter listens', () => existsSync(socketPath))
  await using server = await spawnChild(child(socketPath, { guard }))
  expect(existsSync(socketPath)).toBe(true)
  expect(await isAlive(server)).toBe(true)
})
