import { mkdirSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { isMainThread } from 'node:worker_threads'

import { startGuardProcess, type GuardedChild, type GuardProcess } from './guard-process.js'
import { ProcessError } from './process-error.js'
import { signalProcess, type ProcessIdentity } from './process-identity.js'

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

// A guard that keeps dying at once is left alone until the next child needs it: no loop of starts.
const quickDeathMs = 1000
const maxQuickDeaths = 3

/** Starts the guard. One per worker, from its main thread. */
export const openGuard = ({ nodePath = process.execPath, guardScript, stateDir }: GuardOptions): Guard => {
  if (!isMainThread)
    throw new ProcessError('guard', 'guard', 'children are started from the main thread only')
  mkdirSync(stateDir, { recursive: true, mode: 0o700 })
  const known = new Map<number, GuardedChild>()
  let isClosing = false
  let quickDeaths = 0

  const start = (): GuardProcess =>
    startGuardProcess(nodePath, guardScript, (livedMs) => {
      quickDeaths = livedMs < quickDeathMs ? quickDeaths + 1 : 0
      if (!isClosing && quickDeaths <= maxQuickDeaths) replace()
    })
  const replace = (): void => {
    guard = start()
    for (const child of known.values()) guard.ask({ add: child }).catch(() => {})
  }
  let guard = start()
  return {
    stateDir,
    pid: () => guard.pid,
    async add(child) {
      if (!isClosing && !guard.isAlive()) replace()
      known.set(child.pid, child)
      await guard.ask({ add: child }).catch((error: unknown) => {
        known.delete(child.pid)
        throw error
      })
    },
    async remove(child) {
      known.delete(child.pid)
      // A guard that is gone guards nothing; the next one is told only of those still known.
      await guard.ask({ remove: child }).catch(() => {})
    },
    async [Symbol.asyncDispose]() {
      isClosing = true
      if (guard.isAlive()) await guard.close()
      // It has done this, unless it died before.
      for (const child of known.values()) await endChild(child)
    },
  }
}

const endChild = async (child: GuardedChild): Promise<void> => {
  await signalProcess(child, 'SIGKILL')
  for (const file of child.files) await rm(file, { force: true })
}
