import { readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'

/** A pid alone is reused by the kernel; with its start time (clock ticks since boot) it names one process for ever. */
export const ProcessIdentity = z.object({ pid: z.number().int().positive(), startTime: z.string() })
export type ProcessIdentity = z.infer<typeof ProcessIdentity>

/** Who has this pid now; undefined when nobody, or only a zombie that its parent has not collected. */
export const identityOf = async (pid: number): Promise<ProcessIdentity | undefined> => {
  let stat: string
  try {
    stat = await readFile(`/proc/${pid}/stat`, 'utf8')
  } catch {
    return undefined
  }
  // The command name stands in brackets and may hold anything; the fields behind it are plain.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const [state, startTime] = [fields[0], fields[19]]
  return state === 'Z' || state === 'X' || startTime === undefined ? undefined : { pid, startTime }
}

export const isAlive = async (who: ProcessIdentity): Promise<boolean> =>
  (await identityOf(who.pid))?.startTime === who.startTime

/** TERM, then KILL for its whole group after the grace. Resolves when it is gone; harmless when it is already. */
export const endProcess = async (who: ProcessIdentity, graceMs: number): Promise<void> => {
  if (!(await isAlive(who))) return
  sendSignal(who.pid, 'SIGTERM')
  if (await isGoneWithin(who, graceMs)) return
  // Our children lead their own groups, so what they started falls with them.
  sendSignal(-who.pid, 'SIGKILL')
  sendSignal(who.pid, 'SIGKILL')
  await isGoneWithin(who, 5000)
}

const isGoneWithin = async (who: ProcessIdentity, timeoutMs: number): Promise<boolean> => {
  const deadline = Date.now() + timeoutMs
  while (await isAlive(who)) {
    if (Date.now() >= deadline) return false
    await sleep(25)
  }
  return true
}

const sendSignal = (pid: number, signal: NodeJS.Signals): void => {
  try {
    process.kill(pid, signal)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}
