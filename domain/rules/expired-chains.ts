import { chainsOf } from './chains.js'
import type { LinkedPoint } from './chains.js'

/** How much is kept; 0 = this measure says nothing. With both 0 everything is kept. */
export interface Keep {
  /** The newest so many good points. */
  readonly points: number
  /** Points of the last so many days. */
  readonly days: number
}

/** A completed point of one VM in one repository. */
export interface KeptPoint extends LinkedPoint {
  /** `unknown`: nobody has verified it. */
  readonly state: 'good' | 'damaged' | 'unknown'
  /** Somebody uses it, or it is locked. */
  readonly isHeld: boolean
}

export interface ExpiredChain<Point> {
  readonly points: readonly Point[]
  readonly reason: string
}

const dayMs = 86_400_000

/**
 * The chains that may go as a whole: none of their points is kept by either measure, none is held, and the chain is
 * neither the newest nor the newest with a good point. Damage never makes older points go: what is damaged is not
 * counted among the good ones, nor what is stored over it unless it was verified itself.
 */
export function expiredChains<Point extends KeptPoint>(
  points: readonly Point[],
  keep: Keep,
  now: Date,
): ExpiredChain<Point>[] {
  if (keep.points === 0 && keep.days === 0) return []
  const newestFirst = points.toSorted((a, b) => b.takenAt.getTime() - a.takenAt.getTime())
  const good = goodOf(newestFirst)
  const counted = new Set(newestFirst.filter((point) => good.has(point.backupId)).slice(0, keep.points))
  const since = now.getTime() - keep.days * dayMs
  const isKept = (point: Point): boolean =>
    counted.has(point) || (keep.days > 0 && point.takenAt.getTime() >= since) || point.isHeld
  // The newest of all, and the newest that can be restored for sure.
  const last = new Set([newestFirst[0], newestFirst.find((point) => good.has(point.backupId))])
  return chainsOf(newestFirst)
    .filter((chain) => !chain.some((point) => last.has(point) || isKept(point)))
    .map((chain) => ({ points: chain, reason: reasonOf(chain, good, keep, newestFirst, now) }))
}

/** The ids of the points that count: verified as good, or not known to be damaged together with all below them. */
function goodOf(points: readonly KeptPoint[]): ReadonlySet<string> {
  const byId = new Map(points.map((point) => [point.backupId, point]))
  const known = new Map<string, boolean>()
  const isGood = (point: KeptPoint): boolean => {
    const before = known.get(point.backupId)
    if (before !== undefined) return before
    // A ring is no chain that we ever wrote: nothing in it counts.
    known.set(point.backupId, false)
    const parents = point.parentIds.map((id) => byId.get(id))
    const answer =
      point.state === 'good' ||
      (point.state === 'unknown' && parents.every((parent) => parent !== undefined && isGood(parent)))
    known.set(point.backupId, answer)
    return answer
  }
  // Oldest first: a long chain must not become a deep recursion.
  for (const point of points.toReversed()) isGood(point)
  return new Set([...known].filter(([, answer]) => answer).map(([id]) => id))
}

function reasonOf(
  chain: readonly KeptPoint[],
  good: ReadonlySet<string>,
  keep: Keep,
  newestFirst: readonly KeptPoint[],
  now: Date,
): string {
  const newest = Math.max(...chain.map(({ takenAt }) => takenAt.getTime()))
  const days = Math.floor((now.getTime() - newest) / dayMs)
  const newer = newestFirst.filter((point) => good.has(point.backupId) && point.takenAt.getTime() > newest)
  const byPoints = `${newer.length} newer good points stand (${keep.points} are kept)`
  const byDays = `its newest point is ${days} days old (${keep.days} are kept)`
  if (keep.points === 0) return byDays
  return keep.days === 0 ? byPoints : `${byDays} and ${byPoints}`
}
