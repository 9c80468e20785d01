import type { Retention } from '../policy.js'

/** True where no measure says anything: then all points are kept. */
export const keepsAll = (keep: Retention): boolean =>
  keep.keep_points === 0 &&
  keep.keep_days === 0 &&
  keep.keep_daily === 0 &&
  keep.keep_weekly === 0 &&
  keep.keep_monthly === 0 &&
  keep.keep_yearly === 0

/** What is kept, for people: `the last 14 points, and the newest of each of 8 weeks`. */
export function retentionInWords(keep: Retention): string {
  if (keepsAll(keep)) return 'all points'
  const periods = [
    counted(keep.keep_daily, 'day'),
    counted(keep.keep_weekly, 'week'),
    counted(keep.keep_monthly, 'month'),
    counted(keep.keep_yearly, 'year'),
  ].filter((part) => part !== null)
  const parts = [
    keep.keep_points === 1 ? 'the last point' : keep.keep_points > 0 && `the last ${keep.keep_points} points`,
    keep.keep_days === 1
      ? 'all points of the last day'
      : keep.keep_days > 0 && `all points of the last ${keep.keep_days} days`,
    periods.length > 0 && `the newest of each of ${listed(periods)}`,
  ].filter((part) => part !== false)
  const last = parts.at(-1) ?? ''
  return parts.length === 1 ? last : `${parts.slice(0, -1).join(', ')}, and ${last}`
}

const counted = (count: number, unit: string): string | null =>
  count === 0 ? null : `${count} ${unit}${count === 1 ? '' : 's'}`

const listed = (parts: readonly string[]): string =>
  parts.length === 1 ? (parts[0] ?? '') : `${parts.slice(0, -1).join(', ')} and ${parts.at(-1) ?? ''}`
