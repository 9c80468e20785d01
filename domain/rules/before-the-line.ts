/** What a VM's turn, or an execution that begins, meets at its repository. */
export interface Crowd {
  /** Backups into the repository that have begun, with a place or in line for one; for an execution, other executions. */
  readonly open: number
  /** How many have a place at the same time. */
  readonly places: number
  /** Executions of all flows that are under way: as many may ask again. */
  readonly executions: number
  /** How long the execution has been running. */
  readonly waitedMs: number
}

const shortestMs = 3000
const longestMs = 60_000
const eachExecutionMs = 200
/** So many stand in line for each place, so that none is ever free for want of somebody who waits at it. */
const linePerPlace = 3
const longestWaitMs = 600_000

/**
 * How long a VM rests before it is begun at all, or an execution before it plans, where enough others stand in line for
 * its repository already; null: it goes on now. A begun backup that waits costs steps all the while; who rests costs a
 * timer. After ten minutes it takes its place in the line, where nobody is overtaken.
 */
export function restBeforeLine({ open, places, executions, waitedMs }: Crowd): number | null {
  if (open < places * (1 + linePerPlace) || waitedMs >= longestWaitMs) return null
  return Math.min(longestMs, Math.max(shortestMs, executions * eachExecutionMs))
}
