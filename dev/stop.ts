import { stat } from 'node:fs/promises'
import { endLeftovers } from './children.js'
import { removeEndpoints } from './endpoints.js'
import type { Layout } from './layout.js'
import { lockHolder, tryLock } from './lock.js'
import { endProcess } from './process-identity.js'
import { print, runStep } from './progress.js'

// mariadbd's and the worker's grace together, and some.
const patienceMs = 120_000

/** `npm run stop`: ends the running instance of this home, or what a killed one left. Always ends with status 0. */
export const stop = async (layout: Layout): Promise<number> => {
  const hasRun = await stat(layout.runDir).then(
    () => true,
    () => false,
  )
  if (!hasRun) return nothingRuns(layout)
  const lock = await tryLock(layout.lockFile)
  if (lock === undefined) return stopRunning(layout)
  const ended = await endLeftovers(layout.childrenFile)
  await removeEndpoints(layout.endpointsFile)
  await lock[Symbol.asyncDispose]()
  if (ended.length === 0) return nothingRuns(layout)
  print(`• ended what a killed run left: ${ended.join(', ')}`)
  return 0
}

const nothingRuns = (layout: Layout): number => {
  print(`• nothing runs in ${layout.home}`)
  return 0
}

const stopRunning = async (layout: Layout): Promise<number> => {
  const holder = await lockHolder(layout.lockFile)
  if (holder === undefined) return nothingRuns(layout)
  await runStep(`stop pid ${holder.pid}`, async () => {
    await endProcess(holder, patienceMs)
    // Nothing is left to do unless it had to be killed.
    await endLeftovers(layout.childrenFile)
    await removeEndpoints(layout.endpointsFile)
  })
  return 0
}
