import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

import { openGuard } from '../open-guard.js'

export const guardScript = join(process.cwd(), 'activities/processes/guard.mjs')

export const owner = { jobId: 'backup-1', diskId: 'disk-1', attemptNo: 1 }

/** A directory with a `state` folder inside; it goes when the test's scope ends. */
export const scratch = async () => {
  const directory = await mkdtemp(join(tmpdir(), 'proc-'))
  const stateDir = join(directory, 'state')
  await mkdir(stateDir)
  return {
    stateDir,
    path: (name: string): string => join(directory, name),
    guard: () => openGuard({ guardScript, stateDir }),
    [Symbol.asyncDispose]: () => rm(directory, { recursive: true, force: true }),
  }
}

/** Polls until the claim holds; rejects with its words after `withinMs`. */
export const eventually = async (
  claim: string,
  holds: () => boolean | Promise<boolean>,
  withinMs = 2000,
): Promise<void> => {
  for (const deadline = performance.now() + withinMs; !(await holds()); await sleep(20))
    if (performance.now() > deadline) throw new Error(`not within ${withinMs} ms: ${claim}`)
}
