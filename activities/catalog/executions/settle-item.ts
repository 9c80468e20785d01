import { Failure } from '../../../domain/failure.js'
import type { Backup } from '../../../domain/backup.js'
import type { Execution, ExecutionItem, ItemReason } from '../../../domain/execution.js'
import type { Flow } from '../../../domain/flow.js'
import { whenBusy } from '../../../domain/rules/busy-item.js'
import { workflowIds } from '../../../domain/rules/names.js'
import { afterFailure } from '../../../domain/rules/retry-item.js'
import type { Db } from '../../../drizzle/open.js'
import { backupById } from '../../../drizzle/queries/backups.js'
import { stopOf, underExecutionLock } from '../../../drizzle/queries/execution-changes.js'
import { itemAt, recountExecution, updateItem } from '../../../drizzle/queries/execution-items.js'
import type { ItemPatch } from '../../../drizzle/queries/execution-items.js'
import { executionById } from '../../../drizzle/queries/executions.js'
import { flowEvenDeleted } from '../../../drizzle/queries/flows.js'
import { repositoryById } from '../../../drizzle/queries/repositories.js'
import type { ItemOutcome, SettledItem, SettleItemInput } from '../../execution-steps.js'
import type { ControlSteps } from '../../steps.js'
import type { ExecutionDependencies } from './claim-execution.js'
import { noExecution } from './plan-execution.js'

/** The backup that an open run works for; null when none is open, or it has not said. */
export type AskWhoRuns = (workflowId: string) => Promise<string | null>

/** Who works on a busy VM. */
interface Occupant {
  readonly who: string
  readonly sameRepository: boolean
}

interface Settling {
  readonly execution: Execution
  readonly flow: Flow
  readonly item: ExecutionItem
  readonly occupant: Occupant | null
  readonly bytesRead: number
  readonly now: Date
}

/**
 * What becomes of a VM when its backup has ended, or could not begin: decided by the rules, recorded with its reason.
 * Safe to run twice: an item that this backup no longer works for keeps what was decided.
 */
export const settleItem =
  ({
    db,
    now,
    whoRuns,
  }: ExecutionDependencies & { readonly whoRuns: AskWhoRuns }): ControlSteps['settleItem'] =>
  async (input) => {
    // Temporal is asked before the row is locked.
    const backup = await backupById(db, input.backup)
    const occupant =
      input.outcome.kind === 'busy' && backup === undefined ? await occupantOf(db, whoRuns, input) : null
    const outcome = outcomeByRow(input.outcome, backup)
    const at = now()
    const settled = await underExecutionLock(db, input.executionId, async (tx, { execution, flow }) => {
      const item = await itemAt(tx, input.executionId, input.position)
      if (item === undefined) return undefined
      if (item.status !== 'running' || item.backup_id !== input.backup) return asSettled(item)
      const bytesRead = outcome.kind === 'completed' ? outcome.bytesRead : (backup?.bytes_read ?? 0)
      const settling = { execution, flow, item, occupant, bytesRead, now: at }
      const patch = decided(settling, outcome)
      await updateItem(tx, item, patch, ['running'])
      await recountExecution(tx, execution.id)
      return asSettled({ ...item, ...patch })
    })
    if (settled === undefined) throw noExecution(input.executionId)
    return settled
  }

/**
 * What the backup's own row knows better than the lane. A point that stands counts, however its workflow ended; and a
 * VM that is busy with the lane's own backup (begun before the lane was reset) is not begun once more beside it.
 */
function outcomeByRow(told: ItemOutcome, backup: Backup | undefined): ItemOutcome {
  if (backup === undefined || told.kind === 'completed') return told
  if (backup.status === 'completed') return { kind: 'completed', bytesRead: backup.bytes_read }
  if (told.kind !== 'busy') return told
  if (backup.status === 'cancelled') return { kind: 'cancelled' }
  if (backup.status === 'failed')
    return {
      kind: 'failed',
      code: backup.error_code ?? 'internal',
      message: backup.error_message ?? 'Its backup failed',
      remedy: backup.error_remedy,
    }
  throw new Failure('vm-busy', `${backup.id} is still ${backup.status}, begun by this lane before`, {
    retry: true,
    remedy: 'It is waited for by itself.',
  })
}

const asSettled = ({ status, reason, not_before }: ExecutionItem): SettledItem => ({
  status,
  reason,
  notBefore: not_before,
})

function decided(settling: Settling, outcome: ItemOutcome): ItemPatch {
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

async function occupantOf(db: Db, whoRuns: AskWhoRuns, input: SettleItemInput): Promise<Occupant | null> {
  const mine = await itemContext(db, input)
  if (mine === null) return null
  const runs = await whoRuns(workflowIds.backup(mine.vmContextId))
  const backup = runs === null ? undefined : await backupById(db, runs)
  if (backup === undefined) return runs === null ? null : { who: runs, sameRepository: false }
  const repository = (await repositoryById(db, backup.repository_id))?.name ?? String(backup.repository_id)
  return {
    who: `${backup.id} (by ${backup.created_by}, to ${repository})`,
    sameRepository: backup.repository_id === mine.repositoryId,
  }
}

async function itemContext(
  db: Db,
  { executionId, position }: SettleItemInput,
): Promise<{ readonly vmContextId: string; readonly repositoryId: number | null } | null> {
  const item = await itemAt(db, executionId, position)
  const execution = item && (await executionById(db, executionId))
  const flow = execution && (await flowEvenDeleted(db, execution.flow_id))
  return item && flow ? { vmContextId: item.vm_context_id, repositoryId: flow.repository_id } : null
}
