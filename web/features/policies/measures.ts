import type { Retention } from '../../../domain/policy.js'

interface Measure {
  readonly field: keyof Retention
  readonly label: string
  readonly hint: string
  readonly most: number
}

/** The six measures of a policy as its form shows them; `most` as the contract has it. */
export const measures: readonly Measure[] = [
  { field: 'keep_points', label: 'Points', hint: 'the newest so many', most: 100_000 },
  { field: 'keep_days', label: 'Days', hint: 'all of the last so many days', most: 36_500 },
  { field: 'keep_daily', label: 'Daily', hint: 'the newest of each of so many days', most: 3660 },
  { field: 'keep_weekly', label: 'Weekly', hint: 'the newest of each of so many weeks', most: 1040 },
  { field: 'keep_monthly', label: 'Monthly', hint: 'the newest of each of so many months', most: 600 },
  { field: 'keep_yearly', label: 'Yearly', hint: 'the newest of each of so many years', most: 100 },
]

export const keepsAll = (retention: Retention): boolean =>
  measures.every(({ field }) => retention[field] === 0)
