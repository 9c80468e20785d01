/**
 * A zone's name as Temporal's server wants it, which finds `Europe/Berlin` but not `europe/berlin`; JavaScript takes
 * both. Other names of a zone (`Europe/Kyiv`) stay. Throws `RangeError` for a zone that is not known.
 */
export function timezoneName(given: string): string {
  const { timeZone: known } = new Intl.DateTimeFormat('en-US', { timeZone: given }).resolvedOptions()
  const differsInCase = known.toLowerCase() === given.toLowerCase()
  return differsInCase || given === given.toLowerCase() ? known : given
}
