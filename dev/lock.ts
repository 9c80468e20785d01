import { spawn } from 'node:child_process'
import { open, type FileHandle } from 'node:fs/promises'
import { ProcessIdentity, identityOf } from './process-identity.js'
import { setupFailed } from './setup-failed.js'

export interface Lock extends AsyncDisposable {
  readonly file: string
}

/**
 * Takes a lock file without waiting. The kernel holds it for exactly as long as this process lives, so a stale
 * lock cannot exist and a reused pid cannot block; the identity in it is for people and for `npm run stop`.
 * Undefined when another process has it.
 */
export const tryLock = async (file: string): Promise<Lock | undefined> => takeLock(file, ['-n'])

/** Waits for the lock; throws a Failure after `timeoutMs`. */
export const waitForLock = async (file: string, timeoutMs: number): Promise<Lock> => {
  const lock = await takeLock(file, ['-w', String(Math.ceil(timeoutMs / 1000))])
  if (lock !== undefined) return lock
  const holder = await lockHolder(file)
  throw setupFailed(
    `Another set-up${holder === undefined ? '' : ` (pid ${holder.pid})`} has held ${file} for ${timeoutMs / 1000} s.`,
    'Wait for it to end, or end it, then run the same command again.',
  )
}

/** Who wrote the lock last; says nothing about whether it is still held. */
export const lockHolder = async (file: string): Promise<ProcessIdentity | undefined> => {
  let handle: FileHandle | undefined
  try {
    handle = await open(file, 'r')
    return ProcessIdentity.parse(JSON.parse(await handle.readFile('utf8')))
  } catch {
    return undefined
  } finally {
    await handle?.close()
  }
}

const takeLock = async (file: string, how: readonly string[]): Promise<Lock | undefined> => {
  const handle = await open(file, 'a+', 0o600)
  if (!(await flock(handle, how))) {
    await handle.close()
    return undefined
  }
  await handle.truncate(0)
  await handle.write(`${JSON.stringify(await identityOf(process.pid))}\n`)
  return {
    file,
    [Symbol.asyncDispose]: async () => {
      await handle.truncate(0)
      await handle.close()
    },
  }
}

// flock(2) belongs to the open file, which the short-lived flock(1) shares with us: its exit leaves the lock ours.
// Node opens files close-on-exec, so no other child inherits it.
const flock = (handle: FileHandle, how: readonly string[]): Promise<boolean> =>
  new Promise((resolve, reject) => {
    const child = spawn('flock', ['-x', ...how, '3'], { stdio: ['ignore', 'ignore', 'ignore', handle.fd] })
    child.on('error', reject)
    child.on('close', (status) => resolve(status === 0))
  })
