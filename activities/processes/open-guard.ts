import { spawn, type ChildProcessByStdio } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import type { Readable, Writable } from 'node:stream'
import { isMainThread } from 'node:worker_threads'

import { ProcessError } from './process-error.js'
import type { ProcessIdentity } from './process-identity.js'

export interface GuardedChild extends ProcessIdentity {
  /** Removed together with the child: its record and its socket. */
  readonly files: readonly string[]
}

/**
 * The worker's guard: a small process that outlives it by a moment and ends every child it knows. When it dies
 * itself it is started again and told of all living children. Disposing it ends what is still registered.
 */
export interface Guard extends AsyncDisposable {
  readonly stateDir: string
  readonly pid: () => number | undefined
  /** Resolves when the guard knows the child: from then on it cannot outlive this process. */
  add(child: GuardedChild): Promise<void>
  remove(child: ProcessIdentity): Promise<void>
}

export interface GuardOptions {
  /** Program that runs the script; this very node by default. */
  readonly nodePath?: string
  /** Path of `guard.mjs`. */
  readonly guardScript: string
  /** Where records of children stand; made if missing. */
  readonly stateDir: string
}

const answerMs = 10_000

/** Starts the guard. One per worker, from its main thread. */
export const openGuard = ({ nodePath = process.execPath, guardScript, stateDir }: GuardOptions): Guard => {
  if (!isMainThread)
    throw new ProcessError('guard', 'guard', 'children are started from the main thread only')
  mkdirSync(stateDir, { recursive: true, mode: 0o700 })
  const known = new Map<number, GuardedChild>()
  const waiting = new Map<number, (error?: ProcessError) => void>()
  let nextId = 1
  let isClosing = false
  let quickDeaths = 0

  const failAll = (detail: string): void => {
    for (const answer of waiting.values()) answer(new ProcessError('guard', 'guard', detail))
    waiting.clear()
  }
  const start = (): ChildProcessByStdio<Writable, Readable, null> => {
    // Own session: a terminal's Ctrl-C must not reach it. Bare environment: it needs none of our secrets.
    const started = spawn(nodePath, [guardScript], {
      stdio: ['pipe', 'pipe', 'ignore'],
      detached: true,
      env: {},
    })
    const startedAt = performance.now()
    started.stdin.on('error', () => {})
    started.on('error', (error) => failAll(`the guard could not be started: ${error.message}`))
    readLines(started.stdout, (line) => {
      const { done } = JSON.parse(line) as { done: number }
      waiting.get(done)?.()
      waiting.delete(done)
    })
    started.once('exit', () => {
      failAll('the guard process died')
      quickDeaths = performance.now() - startedAt < 1000 ? quickDeaths + 1 : 0
      if (isClosing || quickDeaths > 3) return
      guard = start()
      for (const child of known.values()) ask({ add: child }).catch(() => {})
    })
    // The guard alone must not keep a worker alive that has nothing left to do.
    started.unref()
    for (const pipe of [started.stdin, started.stdout])
      if ('unref' in pipe) (pipe as { unref(): void }).unref()
    return started
  }
  const ask = (request: { add: GuardedChild } | { remove: ProcessIdentity }): Promise<void> =>
    new Promise((resolve, reject) => {
      const id = nextId++
      const settle = (error?: ProcessError): void => {
        clearTimeout(timer)
        waiting.delete(id)
        if (error === undefined) resolve()
        else reject(error)
      }
      const timer = setTimeout(() => settle(new ProcessError('guard', 'guard', 'no answer')), answerMs)
      waiting.set(id, settle)
      guard.stdin.write(`${JSON.stringify({ id, ...request })}\n`)
    })
  let guard = start()
  return {
    stateDir,
    pid: () => guard.pid,
    async add(child) {
      known.set(child.pid, child)
      await ask({ add: child }).catch((error: unknown) => {
        known.delete(child.pid)
        throw error
      })
    },
    async remove(child) {
      known.delete(child.pid)
      // A guard that is gone guards nothing; the next one is told only of those still known.
      await ask({ remove: child }).catch(() => {})
    },
    async [Symbol.asyncDispose]() {
      isClosing = true
      if (guard.exitCode !== null || guard.signalCode !== null) return
      const gone = new Promise((resolve) => guard.once('exit', resolve))
      guard.ref()
      guard.stdin.end()
      await gone
    },
  }
}

const readLines = (stream: Readable, each: (line: string) => void): void => {
  let rest = ''
  stream.setEncoding('utf8')
  stream.on('data', (text: string) => {
    const lines = (rest + text).split('\n')
    rest = lines.pop() ?? ''
    lines.forEach(each)
  })
}
