import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { endMarkedProcesses, findLeaks, type RunMarks } from './leaks.js'

let marks: RunMarks
beforeEach(async () => {
  const tmpDir = await mkdtemp(join(tmpdir(), 'sendense-leaks-'))
  marks = { variable: `SENDENSE_LEAK_TEST=${tmpDir.slice(-6)}`, tmpDir, home: join(tmpDir, 'home') }
})
afterEach(async () => {
  await endMarkedProcesses(marks)
  await rm(marks.tmpDir, { recursive: true })
})

const idle = 'console.log(1); setInterval(() => undefined, 1000)'
const startIdle = async (env: NodeJS.ProcessEnv, cwd: string): Promise<ChildProcess> => {
  const child = spawn(process.execPath, ['-e', idle], {
    env,
    cwd,
    detached: true,
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  await once(child.stdout, 'data')
  return child
}

const marked = (): NodeJS.ProcessEnv => {
  const [name = '', value = ''] = marks.variable.split('=')
  return { ...process.env, [name]: value }
}

test('a clean run has no leaks', async () => {
  expect(await findLeaks(marks, 200)).toEqual([])
})

test('a process that inherited the run’s mark is found and ended', async () => {
  const child = await startIdle(marked(), '/')
  expect(await findLeaks(marks, 200)).toEqual([expect.stringContaining(`process ${child.pid}: `)])
  const end = once(child, 'exit')
  await endMarkedProcesses(marks)
  await end
  expect(await findLeaks(marks, 200)).toEqual([])
})

test('a process with another environment is known by the folder it works in', async () => {
  const child = await startIdle({ PATH: process.env['PATH'] }, marks.tmpDir)
  expect(await findLeaks(marks, 200)).toEqual([expect.stringContaining(`process ${child.pid}: `)])
})

test('a process that ends within the patience is no leak', async () => {
  const child = await startIdle(marked(), '/')
  setTimeout(() => child.kill('SIGKILL'), 100)
  expect(await findLeaks(marks, 4000)).toEqual([])
})

test('a temporary folder is found, a tool’s cache is not', async () => {
  await mkdir(join(marks.tmpDir, 'tsx-0'))
  await mkdir(join(marks.tmpDir, 'sendense-run-x'))
  expect(await findLeaks(marks, 200)).toEqual(['temporary file or folder: sendense-run-x'])
})
