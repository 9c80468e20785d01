import { rm } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'

import type { TestServer } from './servers.js'

/** A server that comes back on the same socket however it ends, until the test's scope does. */
export interface KeptServer extends AsyncDisposable {
  readonly socketPath: string
  /** Of the process there is now. */
  signal(name: NodeJS.Signals): void
  /** Resolves when it is dead; another one takes its place after `awayMs`. */
  kill(awayMs: number): Promise<void>
  /** Rejects when it cannot be started again. */
  readonly failed: Promise<never>
}

export const keepServer = async (start: () => Promise<TestServer>): Promise<KeptServer> => {
  let current = await start()
  const { socketPath } = current
  let awayMs = 0
  let isOver = false
  const keep = async (): Promise<void> => {
    for (;;) {
      await current.exited()
      if (isOver) return
      const delayMs = awayMs
      awayMs = 0
      await sleep(delayMs)
      // A killed server leaves its socket behind, and another one does not start on it.
      await rm(socketPath, { force: true })
      current = await start()
      if (isOver) await current[Symbol.asyncDispose]()
    }
  }
  const keeping = keep()
  const failed = keeping.then(() => new Promise<never>(() => {}))
  failed.catch(() => {})
  return {
    socketPath,
    failed,
    signal: (name) => current.signal(name),
    async kill(ms) {
      awayMs = ms
      const dying = current
      dying.signal('SIGKILL')
      await dying.exited()
    },
    async [Symbol.asyncDispose]() {
      isOver = true
      await current[Symbol.asyncDispose]()
      await keeping.catch(() => {})
      await rm(socketPath, { force: true })
    },
  }
}
