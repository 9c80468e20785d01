import { spawn, type ChildProcess } from 'node:child_process'
import { open, rename, stat } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { identityOf, type ProcessIdentity } from './process-identity.js'
import { followLog, parseReadyLine, tailOf } from './log-follower.js'
import { lastLines } from './run-command.js'
import { setupFailed } from './setup-failed.js'

/** How one service is started, and how one sees that it serves. */
export interface ServicePlan {
  readonly name: string
  readonly command: string
  readonly args: readonly string[]
  readonly env: NodeJS.ProcessEnv
  readonly cwd: string
  readonly logFile: string
  /** `line`: its own JSON line `{"ready":true}`; else a question asked until it answers true. */
  readonly ready: 'line' | (() => Promise<boolean>)
  readonly readyTimeoutMs: number
  /** Time between TERM and KILL. */
  readonly graceMs: number
}

export interface RunningProcess {
  readonly identity: ProcessIdentity
  /** Resolves with words for people, `status 1` or `signal SIGKILL`, when it has ended. */
  readonly ended: Promise<string>
  /** Resolves when it serves; throws a Failure with the end of its log when it ends first or takes too long. */
  waitUntilReady(signal: AbortSignal): Promise<void>
}

const rotateAtBytes = 16 * 1024 * 1024

/**
 * Starts a service in its own process group (a Ctrl-C in the terminal must reach only us: the order of stopping is
 * ours). Its output goes straight into the log file, so it neither blocks nor breaks when we are gone.
 */
export const startProcess = async (plan: ServicePlan): Promise<RunningProcess> => {
  const fromByte = await prepareLog(plan.logFile)
  const log = await open(plan.logFile, 'a', 0o600)
  const child = spawn(plan.command, plan.args, {
    cwd: plan.cwd,
    env: plan.env,
    detached: true,
    stdio: ['ignore', log.fd, log.fd],
  })
  // Listens before anything is awaited: a program that does not exist says so at once, and only once.
  const ended = endOf(child)
  await log.close()
  const identity = child.pid === undefined ? undefined : await identityOf(child.pid)
  if (identity === undefined) {
    const words = lastLines(await tailOf(plan.logFile, fromByte), 10)
    throw setupFailed(
      `${plan.name} could not be started (${await ended}).\n${words}`,
      `Look into ${plan.logFile}.`,
    )
  }
  return { identity, ended, waitUntilReady: (signal) => waitUntilReady(plan, fromByte, ended, signal) }
}

const endOf = (child: ChildProcess): Promise<string> =>
  new Promise((resolve) => {
    child.on('error', (error) => resolve(error.message))
    child.on('exit', (status, signal) =>
      resolve(signal === null ? `status ${status ?? '?'}` : `signal ${signal}`),
    )
  })

const waitUntilReady = async (
  plan: ServicePlan,
  fromByte: number,
  ended: Promise<string>,
  signal: AbortSignal,
): Promise<void> => {
  let end: string | undefined
  void ended.then((words) => (end = words))
  const deadline = Date.now() + plan.readyTimeoutMs
  const isReady = plan.ready === 'line' ? readyByLine(plan.logFile, fromByte) : plan.ready
  // Who has ended is not ready, though another may answer on its port.
  while (!(await isReady()) || end !== undefined) {
    signal.throwIfAborted()
    const trouble = end !== undefined ? `ended (${end}) before it was ready` : undefined
    const late = Date.now() > deadline ? `was not ready after ${plan.readyTimeoutMs / 1000} s` : undefined
    const problem = trouble ?? late
    if (problem !== undefined) {
      const words = lastLines(await tailOf(plan.logFile, fromByte), 15)
      throw setupFailed(`${plan.name} ${problem}:\n${words}`, `The whole log: ${plan.logFile}`)
    }
    await sleep(50)
  }
}

const readyByLine = (logFile: string, fromByte: number): (() => Promise<boolean>) => {
  const log = followLog(logFile, fromByte)
  return async () => (await log.newLines()).some((line) => parseReadyLine(line) !== undefined)
}

/** Size of the log now; a big one is set aside first. */
const prepareLog = async (file: string): Promise<number> => {
  try {
    const { size } = await stat(file)
    if (size < rotateAtBytes) return size
    await rename(file, `${file}.1`)
    return 0
  } catch {
    return 0
  }
}
