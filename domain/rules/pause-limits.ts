import type { DatastoreFacts } from './pre-flight.js'

/** Free share of a datastore below which no snapshot is kept open for a paused run: it grows with every write. */
export const leastFreeShare = 0.15

/** Why a paused run's snapshot must go for want of room; null while there is enough. */
export function whyNoRoom(datastores: readonly DatastoreFacts[]): string | null {
  const low = datastores.find(
    ({ capacityBytes, freeBytes }) => capacityBytes > 0 && freeBytes < capacityBytes * leastFreeShare,
  )
  if (low === undefined) return null
  const percent = Math.floor((1000 * low.freeBytes) / low.capacityBytes) / 10
  return `Datastore ${low.name} has ${percent} % free, and a snapshot is kept open only while ${leastFreeShare * 100} % are.`
}

/** Why a paused run's snapshot must go when its time is over. */
export const whyTooLong = (minutes: number): string =>
  `The pause lasted ${minutes} ${minutes === 1 ? 'minute' : 'minutes'}, the longest that a snapshot is kept open.`
