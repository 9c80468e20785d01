import { Failure } from '../../../domain/failure.js'
import type { Backup } from '../../../domain/backup.js'
import type { ExecutionItem } from '../../../domain/execution.js'
import { backupById } from '../../../drizzle/queries/backups.js'
import { underExecutionLock } from '../../../drizzle/queries/execution-changes.js'
import { itemAt, recountExecution, updateItem } from '../../../drizzle/queries/execution-items.js'
import type { ItemOutcome, SettledItem } from '../../execution-steps.js'
import type { ControlSteps } from '../../steps.js'
import type { ExecutionDependencies } from './claim-execution.js'
import { becomes } from './item-becomes.js'
import { occupantOf } from './occupant.js'
import type { AskWhoRuns } from './occupant.js'
import { noExecution } from './plan-execution.js'

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
      const patch = becomes(settling, outcome)
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
