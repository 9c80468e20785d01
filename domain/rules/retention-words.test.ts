import type { Retention } from '../policy.js'
import { retentionInWords } from './retention-words.js'

const nothing: Retention = {
  keep_points: 0,
  keep_days: 0,
  keep_daily: 0,
  keep_weekly: 0,
  keep_monthly: 0,
  keep_yearly: 0,
}

test.each<[Partial<Retention>, string]>([
  [{}, 'all points'],
  [{ keep_points: 1 }, 'the last point'],
  [{ keep_points: 14 }, 'the last 14 points'],
  [{ keep_days: 1 }, 'all points of the last day'],
  [{ keep_days: 30 }, 'all points of the last 30 days'],
  [{ keep_points: 14, keep_weekly: 8 }, 'the last 14 points, and the newest of each of 8 weeks'],
  [{ keep_daily: 7, keep_monthly: 1 }, 'the newest of each of 7 days and 1 month'],
  [
    { keep_points: 3, keep_days: 2, keep_daily: 7, keep_weekly: 4, keep_yearly: 5 },
    'the last 3 points, all points of the last 2 days, and the newest of each of 7 days, 4 weeks and 5 years',
  ],
])('%j is read as what is kept', (keep, words) => {
  expect(retentionInWords({ ...nothing, ...keep })).toBe(words)
})
