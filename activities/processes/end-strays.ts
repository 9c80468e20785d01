import { rm } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'

import { readRecords, removeRecord, type ChildOwner, type ChildRecord } from './child-record.js'
import { bootId, isAlive, signalProcess } from './process-identity.js'

export interface Ended {
  readonly name: string
  readonly pid: number
  readonly owner: ChildOwner
  /** False where only the record was left of it. */
  readonly wasAlive: boolean
}

export interface EndStraysOptions {
  readonly stateDir: string
  /** True for owners whose children must go: closed jobs, lower attempts, those of a worker that is gone. */
  readonly shouldEnd: (owner: ChildOwner, worker: 'alive' | 'gone') => boolean | Promise<boolean>
}

const pollMs = 20
const patienceMs = 5000

/**
 * Ends recorded children that nobody should have any more and removes their records and sockets. A record of a
 * process that is gone is removed whoever owns it. Safe to run twice, and beside the worker that owns others.
 */
export const endStrays = async ({ stateDir, shouldEnd }: EndStraysOptions): Promise<Ended[]> => {
  const boot = await bootId()
  const ended: Ended[] = []
  for (const record of await readRecords(stateDir)) {
    const wasAlive = record.bootId === boot && (await isAlive(record))
    if (wasAlive && !(await shouldEnd(record.owner, await workerOf(record)))) continue
    if (wasAlive && !(await endProcess(record))) continue
    await removeRecord(stateDir, record.name)
    if (record.socketPath !== undefined) await rm(record.socketPath, { force: true })
    ended.push({ name: record.name, pid: record.pid, owner: record.owner, wasAlive })
  }
  return ended
}

/** The worker that started it, of this boot as the child is. */
const workerOf = async ({ worker }: ChildRecord): Promise<'alive' | 'gone'> =>
  worker !== undefined && (await isAlive(worker)) ? 'alive' : 'gone'

/** KILL at once: an nbdkit blocked in a read outlives TERM. False where even that does not end it (yet). */
const endProcess = async (record: ChildRecord): Promise<boolean> => {
  await signalProcess(record, 'SIGKILL')
  const deadline = performance.now() + patienceMs
  while (await isAlive(record)) {
    if (performance.now() > deadline) return false
    await sleep(pollMs)
  }
  return true
}
