import { spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'
import { cpuOf, memoryOf } from './process-usage.js'

export interface Command {
  readonly program: string
  readonly args: readonly string[]
}

export interface ProcessesUsage {
  /** From the first start to the last end. */
  readonly seconds: number
  readonly cpuSeconds: number
  readonly peakRssBytes: number
  readonly spreadSeconds: number
  /** What each wrote to its standard output. */
  readonly outputs: readonly string[]
}

/**
 * Runs the processes at once to their ends. CPU is what the kernel adds up for children that have been waited for
 * (exact to 10 ms), so nothing else of this process may end meanwhile; the peak of memory is the kernel's own
 * high-water mark, looked at every 20 ms (100 ms at 50 processes):
 * the kernel forgets it when a process ends, so of short ones the sum is a lower bound.
 */
export const measureProcesses = async (
  commands: readonly Command[],
  signal: AbortSignal,
): Promise<ProcessesUsage> => {
  const peaks = new Map<number, number>()
  const before = cpuOf('self').ended
  const start = performance.now()
  const running = commands.map((command) => runToEnd(command, signal, (pid) => peaks.set(pid, 0)))
  const look = (): void => {
    for (const [pid, peak] of peaks) peaks.set(pid, Math.max(peak, memoryOf(pid)?.peakRssBytes ?? 0))
  }
  // A look costs 23 µs a process: at 50 of them it must be rarer, not to slow what it looks at.
  const timer = setInterval(look, Math.max(20, 2 * commands.length))
  try {
    const results = await allSettled(running)
    const ends = results.map(({ endedAt }) => (endedAt - start) / 1000)
    return {
      seconds: Math.max(...ends),
      cpuSeconds: cpuOf('self').ended - before,
      peakRssBytes: [...peaks.values()].reduce((sum, peak) => sum + peak, 0),
      spreadSeconds: Math.max(...ends) - Math.min(...ends),
      outputs: results.map(({ output }) => output),
    }
  } finally {
    clearInterval(timer)
  }
}

const runToEnd = async (
  { program, args }: Command,
  signal: AbortSignal,
  started: (pid: number) => void,
): Promise<{ readonly endedAt: number; readonly output: string }> => {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], signal })
  if (child.pid !== undefined) started(child.pid)
  let endedAt = NaN
  child.once('exit', () => (endedAt = performance.now()))
  const over = new Promise<number | null>((resolve, reject) =>
    child.once('error', reject).once('close', resolve),
  )
  const [code, output, words] = await Promise.all([over, text(child.stdout), text(child.stderr)])
  if (code !== 0) throw new Error(`${program} ended with ${code}: ${words}`)
  return { endedAt, output }
}

/** Waits for all, so that no process is left behind when one fails. */
const allSettled = async <T>(all: readonly Promise<T>[]): Promise<T[]> => {
  const settled = await Promise.allSettled(all)
  return settled.map((one) => {
    if (one.status === 'rejected') throw one.reason
    return one.value
  })
}
