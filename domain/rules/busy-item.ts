import type { BusyVmPolicy } from '../flow.js'

/** How long a VM that something else works on is waited for, where the flow bounds its runs no shorter or longer. */
const usualMinutes = 240
const soonest = 10
const usualLatest = 300

export interface BusyVm {
  readonly policy: BusyVmPolicy
  /** Who works on it, for people. */
  readonly who: string
  /** Whether that is a backup into the flow's own repository. */
  readonly sameRepository: boolean
  readonly maxRunMinutes: number | null
  /** When it was first found busy. */
  readonly since: Date
  readonly now: Date
}

export type BusyVerdict =
  | { readonly kind: 'wait'; readonly notBefore: string; readonly reason: string }
  | { readonly kind: 'skip'; readonly reason: string }

/**
 * What becomes of a VM whose turn comes while something else works on it. Looks grow rarer the longer it waits, so
 * that no wait fills a history.
 */
export function whenBusy({ policy, who, sameRepository, maxRunMinutes, since, now }: BusyVm): BusyVerdict {
  if (policy === 'skip' && sameRepository)
    return { kind: 'skip', reason: `${who} backs it up to the same repository already` }
  const limit = (maxRunMinutes ?? usualMinutes) * 60
  const waited = Math.max(0, (now.getTime() - since.getTime()) / 1000)
  if (waited >= limit)
    return { kind: 'skip', reason: `${who} has worked on it for ${Math.round(waited / 60)} minutes` }
  const latest = Math.max(usualLatest, limit / 48)
  const wait = Math.min(Math.max(soonest, waited / 4), latest, Math.max(1, limit - waited))
  return {
    kind: 'wait',
    notBefore: new Date(now.getTime() + Math.ceil(wait) * 1000).toISOString(),
    reason: `Waits: ${who} works on it`,
  }
}
