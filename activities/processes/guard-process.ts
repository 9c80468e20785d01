import { spawn } from 'node:child_process'
import type { Readable } from 'node:stream'

import { ProcessError } from './process-error.js'
import type { ProcessIdentity } from './process-identity.js'

export interface GuardedChild extends ProcessIdentity {
  /** Removed together with the child: its record and its socket. */
  readonly files: readonly string[]
}

export type GuardRequest = { readonly add: GuardedChild } | { readonly remove: ProcessIdentity }

/** One run of `guard.mjs`. */
export interface GuardProcess {
  readonly pid: number | undefined
  /** False from the moment on in which nobody would answer. */
  isAlive(): boolean
  /** Resolves when the guard has heard it; rejects with a ProcessError, at once where the guard is dead. */
  ask(request: GuardRequest): Promise<void>
  /** Tells it that its owner is gone, and waits for its end. */
  close(): Promise<void>
}

const answerMs = 10_000

/** `died` is called once, however it ended, with how long it lived. */
export const startGuardProcess = (
  nodePath: string,
  guardScript: string,
  died: (livedMs: number) => void,
): GuardProcess => {
  // Own session: a terminal's Ctrl-C must not reach it. Bare environment: it needs none of our secrets.
  const child = spawn(nodePath, [guardScript], { stdio: ['pipe', 'pipe', 'ignore'], detached: true, env: {} })
  const startedAt = performance.now()
  const waiting = new Map<number, (error?: ProcessError) => void>()
  let nextId = 1
  let isOver = false
  const end = (detail: string): void => {
    if (isOver) return
    isOver = true
    for (const answer of [...waiting.values()]) answer(new ProcessError('guard', 'guard', detail))
    died(performance.now() - startedAt)
  }
  const over = new Promise<void>((resolve) => {
    child.once('exit', () => {
      end('the guard process died')
      resolve()
    })
    child.once('error', (error) => {
      end(`the guard could not be started: ${error.message}`)
      resolve()
    })
  })
  child.stdin.on('error', () => {})
  readLines(child.stdout, (line) => {
    const { done } = JSON.parse(line) as { done: number }
    waiting.get(done)?.()
  })
  // The guard alone must not keep a worker alive that has nothing left to do.
  child.unref()
  for (const pipe of [child.stdin, child.stdout]) if ('unref' in pipe) (pipe as { unref(): void }).unref()
  return {
    pid: child.pid,
    isAlive: () => !isOver,
    ask: (request) =>
      new Promise((resolve, reject) => {
        if (isOver) return reject(new ProcessError('guard', 'guard', 'the guard process is dead'))
        const id = nextId++
        const settle = (error?: ProcessError): void => {
          clearTimeout(timer)
          waiting.delete(id)
          if (error === undefined) resolve()
          else reject(error)
        }
        const timer = setTimeout(() => settle(new ProcessError('guard', 'guard', 'no answer')), answerMs)
        waiting.set(id, settle)
        child.stdin.write(`${JSON.stringify({ id, ...request })}\n`)
      }),
    async close() {
      child.ref()
      child.stdin.end()
      await over
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
