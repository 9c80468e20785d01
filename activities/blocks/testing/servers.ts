import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'

/** A real NBD server (or other process) of a test; it ends with the test's scope. */
export interface TestServer extends AsyncDisposable {
  readonly pid: number
  readonly socketPath: string
  readonly uri: (exportName?: string) => string
  readonly stderr: () => string
  signal(name: NodeJS.Signals): void
  exited(): Promise<{ code: number | null; signal: NodeJS.Signals | null }>
}

const startMs = 10_000

export const startServer = async (
  program: string,
  args: readonly string[],
  socketPath: string,
): Promise<TestServer> => {
  const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'] })
  let stderr = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  const over = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>
  for (const deadline = performance.now() + startMs; !(await isListening(socketPath)); await sleep(10))
    if (child.exitCode !== null || performance.now() > deadline) {
      child.kill('SIGKILL')
      throw new Error(`${program} did not start: ${stderr}`)
    }
  return {
    pid: child.pid!,
    socketPath,
    uri: (exportName = '') => `nbd+unix:///${exportName}?socket=${socketPath}`,
    stderr: () => stderr,
    signal: (name) => void child.kill(name),
    async exited() {
      const [code, signal] = await over
      return { code, signal }
    },
    [Symbol.asyncDispose]: () => endProcess(child, over),
  }
}

// The listening flag of /proc/net/unix; a probe connection would end a server that leaves with its last client.
const isListening = async (socketPath: string): Promise<boolean> =>
  (await readFile('/proc/net/unix', 'utf8'))
    .split('\n')
    .some((line) => line.endsWith(` ${socketPath}`) && line.split(/\s+/)[3] === '00010000')

const endProcess = async (child: ChildProcess, over: Promise<unknown>): Promise<void> => {
  if (child.exitCode === null && child.signalCode === null) {
    child.kill('SIGCONT')
    child.kill('SIGTERM')
    const timer = setTimeout(() => child.kill('SIGKILL'), 3000)
    await over
    clearTimeout(timer)
  }
}

export const nbdkit = (socketPath: string, args: readonly string[]): Promise<TestServer> =>
  startServer('nbdkit', ['--foreground', '--unix', socketPath, ...args], socketPath)

export const qemuNbd = (
  socketPath: string,
  file: string,
  {
    format = 'qcow2',
    exportName = '',
    more = [],
  }: { format?: string; exportName?: string; more?: string[] } = {},
): Promise<TestServer> => {
  const cache = more.includes('--read-only')
    ? []
    : ['--cache=writeback', '--discard=unmap', '--detect-zeroes=unmap']
  const args = [
    '-k',
    socketPath,
    '--persistent',
    '--shared=8',
    '-f',
    format,
    ...cache,
    '-x',
    exportName,
    ...more,
    file,
  ]
  return startServer('qemu-nbd', args, socketPath)
}

/** Runs a tool to its end; rejects with its stderr unless it ends with one of `codes`. */
export const run = async (
  program: string,
  args: readonly string[],
  codes: readonly number[] = [0],
): Promise<string> => {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  child.stdout.on('data', (text: Buffer) => (output += text.toString()))
  child.stderr.on('data', (text: Buffer) => (output += text.toString()))
  const [code] = (await once(child, 'close')) as [number | null]
  if (code === null || !codes.includes(code)) throw new Error(`${program} ended with ${code}: ${output}`)
  return output
}
