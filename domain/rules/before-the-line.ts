/** What a VM's turn meets at its repository. */
export interface Crowd {
  /** Backups into the repository that have begun: those with a place and those that stand in line for one. */
  readonly open: number
  /** How many have a place at the same time. */
  readonly places: number
  /** Executions of all flows that are under way: as many may ask again. */
  readonly executions: number
  /** How long the VM's execution has been running. */
  readonly waitedMs: number
}

const shortestMs = 3000
const longestMs = 60_000
const eachExecutionMs = 200
/** So many stand in line for each place, so that none is ever free for want of somebody who waits at it. */
const linePerPlace = 3
const longestWaitMs = 600_000

/**
 * How long a VM rests before it is begun at all, where enough others stand in line for its repository already; null: it
 * begins now. A begun backup that waits costs steps all the while; a VM that rests costs a timer. After ten minutes it
 * takes its place in the line, where nobody is overtaken.
 */
export function restBeforeLine({ open, places, executions, waitedMs }: Crowd): number | null {
  if (open < places * (1 + linePerPlace) || waitedMs >= longestWaitMs) return null
  return Math.min(longestMs, Math.max(shortestMs, executions * eachExecutionMs))
}
