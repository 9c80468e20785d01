import { readFile } from 'node:fs/promises'

/** Pids are reused; pid and start time (clock ticks since boot) together name one process of one boot. */
export interface ProcessIdentity {
  readonly pid: number
  readonly startTime: number
}

/** Field 22 of /proc/<pid>/stat; undefined for a process that is gone or a zombie. */
export const startTimeOf = async (pid: number): Promise<number | undefined> => {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined)
  // The name in parentheses may hold spaces and parentheses; the state is the first field behind it.
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ')
  return fields === undefined || fields[0] === 'Z' || fields[0] === 'X' ? undefined : Number(fields[19])
}

export const isAlive = async ({ pid, startTime }: ProcessIdentity): Promise<boolean> =>
  (await startTimeOf(pid)) === startTime

/** Differs after every boot: start times of two boots cannot be compared. */
export const bootId = async (): Promise<string> =>
  (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim()

/** Signals the process and the group it leads, if it still is the one meant; says whether it was. */
export const signalProcess = async (process_: ProcessIdentity, signal: NodeJS.Signals): Promise<boolean> => {
  if (!(await isAlive(process_))) return false
  for (const target of [-process_.pid, process_.pid]) {
    try {
      process.kill(target, signal)
    } catch {
      // No such group, or gone since.
    }
  }
  return true
}
