/** IANA names to choose from: UTC, the reader's and `chosen` first, then all that this browser knows. */
export const timeZones = (known: readonly string[], reader: string, chosen: string): readonly string[] => [
  ...new Set(['UTC', reader, chosen, ...known].filter((zone) => zone !== '')),
]
