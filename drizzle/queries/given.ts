import type { SQL } from 'drizzle-orm'

/** The condition of a filter that may be left out. */
export const given = <Value>(
  value: Value | undefined,
  condition: (value: Value) => SQL | undefined,
): SQL | undefined => (value === undefined ? undefined : condition(value))
