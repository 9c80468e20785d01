import type { Execution, ExecutionItem, ItemReason } from '../../../domain/execution.js'
import type { Flow } from '../../../domain/flow.js'
import { whenBusy } from '../../../domain/rules/busy-item.js'
import { afterFailure } from '../../../domain/rules/retry-item.js'
import { stopOf } from '../../../drizzle/queries/execution-changes.js'
import type { ItemPatch } from '../../../drizzle/queries/execution-items.js'
import type { ItemOutcome } from '../../execution-steps.js'
import type { Occupant } from './occupant.js'

/** A VM whose backup has ended, or could not begin. */
interface Settling {
  readonly execution: Execution
  readonly flow: Flow
  readonly item: ExecutionItem
  readonly occupant: Occupant | null
  readonly bytesRead: number
  readonly now: Date
}

/** What becomes of it, with the reason: by the rules, nothing is read or written. */
export function becomes(settling: Settling, outcome: ItemOutcome): ItemPatch {
  switch (outcome.kind) {
    case 'completed':
      return ended(settling, { status: 'completed', reason: null, error_code: null, error_remedy: null })
    case 'cancelled':
      return whenCancelled(settling)
    case 'busy':
      return whenOccupied(settling)
    case 'failed':
      return whenFailed(settling, outcome)
  }
}

const ended = ({ bytesRead, now }: Settling, patch: ItemPatch): ItemPatch => ({
  bytes_transferred: bytesRead,
  busy_since: null,
  not_before: null,
  completed_at: now.toISOString(),
  ...patch,
})

function whenCancelled(settling: Settling): ItemPatch {
  const stop = stopOf(settling.execution)
  if (stop === null) {
    const why = 'Its backup was cancelled'
    return ended(settling, { status: 'cancelled', reason: why, reasons: noted(settling, 'cancelled', why) })
  }
  return ended(settling, {
    status: stop.code === 'cancelled' ? 'cancelled' : 'failed',
    reason: stop.message,
    reasons: noted(settling, stop.code, stop.message),
    ...(stop.code !== 'cancelled' && { error_code: stop.code, error_remedy: overRemedy }),
  })
}

export const overRemedy =
  'Raise the longest run of the flow, or let more VMs of the group run at the same time.'

function whenFailed(
  settling: Settling,
  { code, message, remedy }: Extract<ItemOutcome, { kind: 'failed' }>,
): ItemPatch {
  const { flow, item, now, bytesRead, execution } = settling
  const verdict = afterFailure({
    code,
    attempts: item.attempts,
    maxRetries: flow.max_retries,
    retryWaitSeconds: flow.retry_wait_seconds,
    now,
  })
  const reasons = noted(settling, code, `${message.replace(/\.$/, '')} (${verdict.why})`)
  if (verdict.kind === 'failed' || stopOf(execution) !== null)
    return ended(settling, {
      status: 'failed',
      reason: message,
      reasons,
      error_code: code,
      error_remedy: remedy,
    })
  return {
    status: 'waiting',
    lane: null,
    not_before: verdict.notBefore,
    busy_since: null,
    bytes_transferred: bytesRead,
    reason: `${message.replace(/\.$/, '')}; ${verdict.why}`,
    reasons,
    error_code: code,
    error_remedy: remedy,
  }
}

function whenOccupied(settling: Settling): ItemPatch {
  const { flow, item, occupant, now, execution } = settling
  const since = item.busy_since ?? now.toISOString()
  const verdict = whenBusy({
    policy: flow.busy_vm_policy,
    who: occupant?.who ?? 'something else',
    sameRepository: occupant?.sameRepository ?? false,
    maxRunMinutes: flow.max_run_minutes,
    since: new Date(since),
    now,
  })
  const reasons =
    item.busy_since === null || verdict.kind === 'skip'
      ? noted(settling, 'vm-busy', verdict.reason)
      : item.reasons
  // No backup was begun: the number and the id of this one are given back.
  const notBegun = {
    attempts: item.attempts - 1,
    backup_id: item.backup_ids.at(-2) ?? null,
    backup_ids: item.backup_ids.slice(0, -1),
    reasons,
    reason: verdict.reason,
  }
  if (verdict.kind === 'skip' || stopOf(execution) !== null)
    return {
      ...notBegun,
      status: 'skipped',
      busy_since: null,
      not_before: null,
      completed_at: now.toISOString(),
      error_code: 'vm-busy',
    }
  return { ...notBegun, status: 'waiting', lane: null, not_before: verdict.notBefore, busy_since: since }
}

const mostReasons = 50

const noted = ({ item, now }: Settling, code: string, message: string): ItemReason[] => [
  ...item.reasons.slice(0, mostReasons - 1),
  {
    at: now.toISOString(),
    attempt: item.attempts,
    backup_id: item.backup_id,
    code,
    message: message.slice(0, 500),
  },
]
