import type { Retention } from '../policy.js'
import { chainsOf } from './chains.js'
import type { LinkedPoint } from './chains.js'
import { keptPoints } from './kept-points.js'
import { keepsAll, retentionInWords } from './retention-words.js'

/** How much somebody keeps; what any of several keeps stays. */
export interface Keep extends Retention {
  /** Whose rule it is, as a sentence begins: `policy Gold`. */
  readonly by: string
}

/** A completed point of one VM in one repository. */
export interface KeptPoint extends LinkedPoint {
  /** `unknown`: nobody has verified it. */
  readonly state: 'good' | 'damaged' | 'unknown'
  /** Somebody uses it, or it is locked. */
  readonly isHeld: boolean
}

export interface JudgedChain<Point> {
  /** Oldest first. */
  readonly points: readonly Point[]
  readonly goes: boolean
  /** Why it goes or stays, for people. */
  readonly reason: string
}

const dayMs = 86_400_000

/**
 * Every chain, oldest first, and whether it may go as a whole: none of its points is kept by any keep, none is held, and
 * the chain is neither the newest nor the newest with a good point. Damage never makes older points go: what is damaged
 * is not counted among the good ones, nor what is stored over it unless it was verified itself. Without any keep nobody
 * has said that anything may go.
 */
export function judgeChains<Point extends KeptPoint>(
  points: readonly Point[],
  keeps: readonly Keep[],
  now: Date,
): JudgedChain<Point>[] {
  // The id decides between points of one moment: the order in which they are listed says nothing.
  const newestFirst = points.toSorted(
    (a, b) => b.takenAt.getTime() - a.takenAt.getTime() || (a.backupId < b.backupId ? 1 : -1),
  )
  const good = goodOf(newestFirst)
  const isGood = (backupId: string): boolean => good.has(backupId)
  const sets = keeps
    .filter((keep) => !keepsAll(keep))
    .map((keep) => ({ keep, kept: keptPoints(newestFirst, isGood, keep, now) }))
  const judging: Judging<Point> = {
    newestFirst,
    good,
    sets,
    now,
    keepsAll: keeps.length === 0 ? 'nobody has said what may go' : allOf(keeps),
  }
  return chainsOf(newestFirst.toReversed()).map((chain) => {
    const sorted = chain.toSorted((a, b) => a.takenAt.getTime() - b.takenAt.getTime())
    const stays = whyItStays(sorted, judging)
    return { points: sorted, goes: stays === null, reason: stays ?? whyItGoes(sorted, judging) }
  })
}

/** The chains that may go. */
export const expiredChains = <Point extends KeptPoint>(
  points: readonly Point[],
  keeps: readonly Keep[],
  now: Date,
): JudgedChain<Point>[] => judgeChains(points, keeps, now).filter(({ goes }) => goes)

interface Judging<Point> {
  readonly newestFirst: readonly Point[]
  readonly good: ReadonlySet<string>
  readonly sets: readonly { readonly keep: Keep; readonly kept: ReadonlySet<string> }[]
  readonly now: Date
  /** Why nothing goes at all; null where something may. */
  readonly keepsAll: string | null
}

const allOf = (keeps: readonly Keep[]): string | null => {
  const all = keeps.find((keep) => keepsAll(keep))
  return all === undefined ? null : `${all.by} keeps all points`
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

function whyItStays<Point extends KeptPoint>(
  chain: readonly Point[],
  { newestFirst, good, sets, keepsAll: all }: Judging<Point>,
): string | null {
  const [newest] = newestFirst
  if (newest !== undefined && chain.includes(newest)) return 'it is the newest chain'
  // The newest that can be restored for sure.
  const best = newestFirst.find((point) => good.has(point.backupId))
  if (best !== undefined && chain.includes(best)) return `it has the newest good point, ${best.backupId}`
  if (all !== null) return all
  const reasons = sets.flatMap(({ keep, kept }) => {
    const count = chain.filter(({ backupId }) => kept.has(backupId)).length
    if (count === 0) return []
    return [`${keep.by} keeps ${count} of its ${chain.length} point(s) (${retentionInWords(keep)})`]
  })
  const held = chain.find(({ isHeld }) => isHeld)
  if (held !== undefined) reasons.push(`${held.backupId} is in use`)
  return reasons.length === 0 ? null : reasons.join('; ')
}

function whyItGoes<Point extends KeptPoint>(
  chain: readonly Point[],
  { newestFirst, good, sets, now }: Judging<Point>,
): string {
  const newest = Math.max(...chain.map(({ takenAt }) => takenAt.getTime()))
  const days = Math.floor((now.getTime() - newest) / dayMs)
  const newer = newestFirst.filter((point) => good.has(point.backupId) && point.takenAt.getTime() > newest)
  return sets
    .map(({ keep }) => {
      const measures = [
        keep.keep_days > 0 && `its newest point is ${days} days old (${keep.keep_days} are kept)`,
        keep.keep_points > 0 && `${newer.length} newer good points stand (${keep.keep_points} are kept)`,
        keep.keep_daily + keep.keep_weekly + keep.keep_monthly + keep.keep_yearly > 0 &&
          `none of it is ${retentionInWords({ ...keep, keep_points: 0, keep_days: 0 })}`,
      ].filter((part) => part !== false)
      return `${keep.by}: ${measures.join(' and ')}`
    })
    .join('; ')
}
