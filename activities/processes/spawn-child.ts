import { rm } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'

import { launch, type ExitInfo, type LaunchOptions, type Launched } from './launch.js'
import { isListening } from './listening.js'
import { ProcessError } from './process-error.js'
import { signalProcess } from './process-identity.js'

export interface SpawnOptions extends Omit<LaunchOptions, 'socketPath'> {
  /** The child is ready when somebody listens on this unix socket (absolute, at most 107 bytes). */
  readonly readiness: { readonly socketPath: string }
  readonly readyTimeoutMs: number
  readonly signal?: AbortSignal
  /** From SIGTERM to SIGKILL, asked at dispose. */
  readonly graceMs?: () => number
}

export interface Child extends AsyncDisposable {
  readonly pid: number
  readonly startTime: number
  readonly socketPath: string
  readonly exited: Promise<ExitInfo>
  readonly stderrTail: () => string
}

const pollMs = 15
const maxSocketPathBytes = 107

/**
 * Starts a server that cannot outlive this process and waits until it listens. Rejects with a ProcessError that
 * carries the end of its stderr, or with the signal's reason; nothing is left then. Dispose ends the server (TERM,
 * after `graceMs` KILL), waits for it, and removes socket and record.
 */
export const spawnChild = async (options: SpawnOptions): Promise<Child> => {
  const { readiness, readyTimeoutMs, signal, graceMs = () => 2000, name } = options
  const { socketPath } = readiness
  signal?.throwIfAborted()
  if (!socketPath.startsWith('/') || Buffer.byteLength(socketPath) > maxSocketPathBytes)
    throw new ProcessError(
      name,
      'spawn',
      `${socketPath} is no absolute path of at most ${maxSocketPathBytes} bytes`,
    )
  // The name holds the attempt, so a socket found here is a dead one's.
  await rm(socketPath, { force: true })
  const launched = await launch({ ...options, socketPath })
  const end = async (): Promise<void> => {
    await endLaunched(launched, graceMs())
    await rm(socketPath, { force: true })
  }
  try {
    await untilListening(launched, name, socketPath, readyTimeoutMs, signal)
  } catch (error) {
    await end()
    throw error
  }
  launched.stdout.resume()
  const { pid, startTime, exited, stderrTail } = launched
  return { pid, startTime, socketPath, exited, stderrTail, [Symbol.asyncDispose]: end }
}

/** TERM, after the grace KILL, wait, forget. Safe to call twice. */
export const endLaunched = async (launched: Launched, graceMs: number): Promise<void> => {
  if (!launched.hasExited()) {
    await signalProcess(launched, 'SIGTERM')
    const patience = new AbortController()
    const timer = sleep(graceMs, 'late' as const, { signal: patience.signal }).catch(() => undefined)
    const first = await Promise.race([launched.exited, timer])
    patience.abort()
    if (first === 'late') await signalProcess(launched, 'SIGKILL')
    await launched.exited
  }
  await launched.forget()
}

const untilListening = async (
  launched: Launched,
  name: string,
  socketPath: string,
  timeoutMs: number,
  signal: AbortSignal | undefined,
): Promise<void> => {
  const deadline = performance.now() + timeoutMs
  while (!(await isListening(socketPath))) {
    signal?.throwIfAborted()
    if (launched.hasExited()) {
      const { code, signal: killedBy } = await launched.exited
      const how = killedBy === null ? `with status ${code}` : `by ${killedBy}`
      // Its last words may still be in the pipe.
      await sleep(pollMs)
      throw new ProcessError(name, 'exited', `ended ${how} before it was ready`, {
        exitCode: code,
        stderrTail: launched.stderrTail(),
      })
    }
    if (performance.now() > deadline)
      throw new ProcessError(name, 'not-ready', `was not ready within ${timeoutMs} ms`, {
        stderrTail: launched.stderrTail(),
      })
    await sleep(pollMs)
  }
}
