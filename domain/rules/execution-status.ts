import type { ItemStatus } from '../execution.js'

/** How many items of an execution have which status. */
export type ItemCounts = Readonly<Partial<Record<ItemStatus, number>>>

export type EndedStatus = 'success' | 'warning' | 'error' | 'cancelled'

/**
 * How an execution ends by what became of its VMs. `wasCancelled`: somebody stopped it, which comes too late where
 * every VM had ended by then.
 */
export function endedStatus(counts: ItemCounts, wasCancelled: boolean): EndedStatus {
  const { completed = 0, failed = 0, skipped = 0, cancelled = 0 } = counts
  const ended = completed + failed + skipped
  // Its longest time was over before it had planned any.
  if (!wasCancelled && ended + cancelled === 0) return 'error'
  if (wasCancelled && (cancelled > 0 || ended === 0)) return 'cancelled'
  if (failed > 0) return completed + skipped + cancelled === 0 ? 'error' : 'warning'
  // Backups that somebody cancelled one by one: their VMs have no new point, and nobody cancelled the run.
  if (cancelled > 0) return 'warning'
  return skipped > 0 && completed === 0 ? 'warning' : 'success'
}

/** A failed or skipped VM, for the sentence. */
export interface ItemEnd {
  readonly vmName: string
  readonly reason: string | null
}

const mostNamed = 3

/** `2 of 5 VMs failed: pgtest1: …; pgtest2: …`; null where nothing is to be told. */
export function endedMessage(
  counts: ItemCounts,
  failed: readonly ItemEnd[],
  skipped: readonly ItemEnd[],
): string | null {
  const total = Object.values(counts).reduce((all, one) => all + one, 0)
  const parts = [
    told(counts.failed ?? 0, total, 'failed', failed),
    told(counts.skipped ?? 0, total, 'skipped', skipped),
    told(counts.cancelled ?? 0, total, 'cancelled', []),
  ].filter((part) => part !== null)
  return parts.length === 0 ? null : `${parts.join('. ')}.`
}

function told(count: number, total: number, what: string, items: readonly ItemEnd[]): string | null {
  if (count === 0) return null
  const said = `${count} of ${total} ${total === 1 ? 'VM' : 'VMs'} ${count === 1 && what !== 'failed' ? 'was ' : what === 'failed' ? '' : 'were '}${what}`
  const named = items
    .slice(0, mostNamed)
    .map(({ vmName, reason }) => `${vmName}: ${clip((reason ?? 'no reason is known').replace(/\.$/, ''))}`)
  if (named.length === 0) return said
  return `${said}: ${named.join('; ')}${count > named.length ? `; and ${count - named.length} more` : ''}`
}

const clip = (text: string): string => (text.length <= 300 ? text : `${text.slice(0, 299)}…`)
