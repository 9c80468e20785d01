import { spawn, type ChildProcess } from 'node:child_process'
import type { Readable, Writable } from 'node:stream'
import { isMainThread } from 'node:worker_threads'

import { bootId, startTimeOf, type ProcessIdentity } from './process-identity.js'
import { recordPath, removeRecord, writeRecord, type ChildOwner } from './child-record.js'
import type { Guard } from './open-guard.js'
import { ProcessError } from './process-error.js'

export interface Secret {
  /** Number of the descriptor under which the child reads the value up to end of file; from 3 on. */
  readonly fd: number
  readonly value: string
}

export interface LaunchOptions {
  readonly guard: Guard
  readonly program: string
  readonly args: readonly string[]
  /** Unique among living children; names the record. Letters, digits, dot, dash, underscore. */
  readonly name: string
  readonly owner: ChildOwner
  readonly secrets?: readonly Secret[]
  /** The child's whole environment besides PATH and LC_ALL: it inherits nothing of ours. */
  readonly env?: Readonly<Record<string, string>>
  readonly cwd?: string
  readonly socketPath?: string
}

export interface ExitInfo {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

export interface Launched extends ProcessIdentity {
  readonly exited: Promise<ExitInfo>
  readonly hasExited: () => boolean
  /** The last 4 KiB of stderr, secrets masked. */
  readonly stderrTail: () => string
  readonly stdout: Readable
  /** Takes the child out of guard and records; only after it has exited. */
  forget(): Promise<void>
}

const searchPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'
const tailBytes = 4096
// Waits for our word and then becomes the program (same pid, same start time). Do we die before we gave it, the
// pipe ends and nothing ever ran: there is no moment in which an unregistered child does anything.
const gateScript = 'IFS= read -r word <&GATE && [ "$word" = go ] && exec GATE<&- && exec "$@"; exit 126'

/** Starts a program that cannot outlive this process. Rejects with a ProcessError before it ran anything. */
export const launch = async (options: LaunchOptions): Promise<Launched> => {
  const { guard, name, owner, secrets = [], socketPath } = options
  const gateFd = Math.max(2, ...secrets.map(({ fd }) => fd)) + 1
  refuseBadOptions(name, gateFd, secrets)
  const child = spawnBehindGate(options, gateFd)
  const watched = watch(
    child,
    secrets.map(({ value }) => value),
  )
  const gate = pipeTo(child, gateFd)
  const { pid } = child
  const startTime = pid === undefined ? undefined : await startTimeOf(pid)
  if (pid === undefined || startTime === undefined) {
    await watched.exited
    throw new ProcessError(
      name,
      'spawn',
      `could not be started: ${watched.spawnError() ?? 'it ended at once'}`,
    )
  }
  const identity = { pid, startTime }
  const files = [recordPath(guard.stateDir, name), ...(socketPath === undefined ? [] : [socketPath])]
  const forget = async (): Promise<void> => {
    await guard.remove(identity)
    await removeRecord(guard.stateDir, name)
  }
  try {
    const socket = socketPath === undefined ? {} : { socketPath }
    const worker = { pid: process.pid, startTime: (await startTimeOf(process.pid)) ?? 0 }
    await writeRecord(guard.stateDir, { name, ...identity, bootId: await bootId(), owner, worker, ...socket })
    await guard.add({ ...identity, files })
  } catch (error) {
    gate.end()
    await watched.exited
    await forget()
    throw new ProcessError(name, 'guard', 'could not be registered, so it was not started', { cause: error })
  }
  for (const { fd, value } of secrets) pipeTo(child, fd).end(value)
  for (let fd = 3; fd < gateFd; fd++) if (!secrets.some((secret) => secret.fd === fd)) pipeTo(child, fd).end()
  gate.end('go\n')
  return { ...identity, ...watched, stdout: child.stdout!, forget }
}

const refuseBadOptions = (name: string, gateFd: number, secrets: readonly Secret[]): void => {
  const fail = (detail: string): ProcessError => new ProcessError(name, 'spawn', detail)
  if (!isMainThread) throw fail('children are started from the main thread only')
  if (!/^[\w.-]{1,100}$/.test(name)) throw fail('not a name for a child')
  if (gateFd > 9 || secrets.some(({ fd }) => fd < 3)) throw fail('secrets use descriptors 3 to 8')
}

const spawnBehindGate = (
  { program, args, name, env = {}, cwd }: LaunchOptions,
  gateFd: number,
): ChildProcess =>
  spawn('/bin/sh', ['-c', gateScript.replaceAll('GATE', String(gateFd)), name, program, ...args], {
    stdio: ['ignore', 'pipe', 'pipe', ...Array.from({ length: gateFd - 2 }, () => 'pipe' as const)],
    // Own session and group: no terminal signals, and plugins' scripts are ended with their server.
    detached: true,
    env: { PATH: searchPath, LC_ALL: 'C', ...env },
    ...(cwd === undefined ? {} : { cwd }),
  })

const pipeTo = (child: ChildProcess, fd: number): Writable => {
  const pipe = child.stdio[fd] as Writable
  // The child may end without having read; its exit tells the story.
  pipe.on('error', () => {})
  return pipe
}

const watch = (child: ChildProcess, secrets: readonly string[]) => {
  let tail = ''
  let spawnError: string | undefined
  let isOver = false
  child.stderr?.setEncoding('utf8')
  child.stderr?.on('data', (text: string) => (tail = (tail + text).slice(-2 * tailBytes)))
  const exited = new Promise<ExitInfo>((resolve) => {
    const end = (code: number | null, signal: NodeJS.Signals | null): void => {
      isOver = true
      resolve({ code, signal })
    }
    child.once('error', (error) => {
      spawnError = error.message
      if (child.pid === undefined) end(null, null)
    })
    child.once('exit', end)
  })
  const mask = (text: string): string =>
    secrets.reduce((masked, secret) => (secret === '' ? masked : masked.replaceAll(secret, '***')), text)
  return {
    exited,
    hasExited: () => isOver,
    spawnError: () => spawnError,
    stderrTail: () => mask(tail).slice(-tailBytes),
  }
}
