import type { Retention } from '../policy.js'

const dayMs = 86_400_000
/** 1 January 1970 was a Thursday; ISO weeks begin on Monday. */
const daysFromMonday = 3

const periods = ['keep_daily', 'keep_weekly', 'keep_monthly', 'keep_yearly'] as const
type Period = (typeof periods)[number]

/** Which day, ISO week, month or year a moment lies in, in UTC. */
const periodOf: Readonly<Record<Period, (at: Date) => string | number>> = {
  keep_daily: (at) => at.toISOString().slice(0, 10),
  keep_weekly: (at) => Math.floor((Math.floor(at.getTime() / dayMs) + daysFromMonday) / 7),
  keep_monthly: (at) => at.toISOString().slice(0, 7),
  keep_yearly: (at) => at.toISOString().slice(0, 4),
}

export interface TimedPoint {
  readonly backupId: string
  readonly takenAt: Date
}

/**
 * The ids of the points that this measure of keeping keeps: the newest good ones by count and by period, and all of the
 * last days, good or not. Not for a keep that keeps all.
 */
export function keptPoints(
  newestFirst: readonly TimedPoint[],
  isGood: (backupId: string) => boolean,
  keep: Retention,
  now: Date,
): ReadonlySet<string> {
  const good = newestFirst.filter((point) => isGood(point.backupId))
  const kept = new Set(good.slice(0, keep.keep_points).map(({ backupId }) => backupId))
  const since = now.getTime() - keep.keep_days * dayMs
  if (keep.keep_days > 0)
    for (const point of newestFirst) if (point.takenAt.getTime() >= since) kept.add(point.backupId)
  for (const period of periods)
    for (const id of newestOfEach(good, periodOf[period], keep[period])) kept.add(id)
  return kept
}

/** The newest of each of the last so many periods that have one. */
function newestOfEach(
  newestFirst: readonly TimedPoint[],
  periodAt: (at: Date) => string | number,
  most: number,
): string[] {
  const newest = new Map<string | number, string>()
  for (const { backupId, takenAt } of newestFirst) {
    const period = periodAt(takenAt)
    if (newest.has(period)) continue
    if (newest.size === most) break
    newest.set(period, backupId)
  }
  return [...newest.values()]
}
