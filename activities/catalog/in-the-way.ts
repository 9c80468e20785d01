import type { LeaseOwner } from '../../drizzle/queries/lease-owner.js'
import type { AskOpen } from './owner-is-open.js'

/** Who keeps somebody from a resource of `limit` places: those that hold one, and those that go first. */
export interface InTheWay {
  readonly limit: number
  readonly holders: readonly LeaseOwner[]
  readonly ahead: readonly LeaseOwner[]
}

/**
 * Those in the way whose workflow is closed. While holders fill the resource only they are asked about; else only
 * those of the line for whom the free places are kept: who stands behind them is in nobody's way yet.
 */
export async function closedInTheWay(
  isOpen: AskOpen,
  { limit, holders, ahead }: InTheWay,
): Promise<LeaseOwner[]> {
  const kept = Math.max(0, limit - holders.length)
  const closed: LeaseOwner[] = []
  for (const owner of kept === 0 ? holders : [...holders, ...ahead.slice(0, kept)])
    if (!(await isOpen(owner))) closed.push(owner)
  return closed
}

const mostNamed = 8

/** Workflow ids for an operator's sentence. */
export const named = (owners: readonly LeaseOwner[]): string => {
  const names = owners.slice(0, mostNamed).map(({ workflowId }) => workflowId)
  const others = owners.length - names.length
  return others === 0 ? names.join(', ') : `${names.join(', ')} and ${others} more`
}

/** ` Before it: …` where others go first. */
export const lineText = (ahead: readonly LeaseOwner[]): string =>
  ahead.length === 0 ? '' : `; before it in line: ${named(ahead)}`

const oftenAhead = 20
const eachAheadMs = 250
const longestMs = 60_000

/**
 * How long one far behind may leave its line alone: not longer than a quick line takes to reach it, or the places kept
 * for it would stand empty. A thousand that wait then ask little oftener than a few dozen. Undefined near the head,
 * where the step's own retries look every few seconds.
 */
export const restInLine = (ahead: readonly LeaseOwner[]): number | undefined =>
  ahead.length < oftenAhead ? undefined : Math.min(longestMs, ahead.length * eachAheadMs)
