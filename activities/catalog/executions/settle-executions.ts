import type { Client } from '@temporalio/client'
import type { Backup } from '../../../domain/backup.js'
import type { Execution, ExecutionItem } from '../../../domain/execution.js'
import type { Db } from '../../../drizzle/open.js'
import { backupsByIds, openBackupsOfExecution } from '../../../drizzle/queries/execution-backups.js'
import { openExecutions, underExecutionLock } from '../../../drizzle/queries/execution-changes.js'
import { itemsOf, updateItem } from '../../../drizzle/queries/execution-items.js'
import type { ItemPatch } from '../../../drizzle/queries/execution-items.js'
import { flowById } from '../../../drizzle/queries/flows.js'
import type { ControlSteps } from '../../steps.js'
import { isOpenNow, mayClaimExecution, ownerIsOpen } from '../owner-is-open.js'
import type { ExecutionDependencies } from './claim-execution.js'
import { finishExecution } from './end-execution.js'
import { wakeFlow } from './wake-flow.js'

type Needs = ExecutionDependencies & { readonly client: Client }

/** As for jobs: a start may be on its way from the API or a tick. */
const youngMs = 60_000
const settledPerSweep = 50

/**
 * Safe to run twice: an execution whose run is gone is ended by what its backups came to, one that nobody will claim
 * is ended as well, and flows that have one queued are woken. Throws where Temporal cannot be asked.
 */
export const settleExecutions = (needs: Needs): ControlSteps['settleExecutions'] => {
  const finish = finishExecution(needs)
  return async () => {
    const woken = new Set<string>()
    let settled = 0
    for (const execution of await openExecutions(needs.db)) {
      const fate = await fateOf(needs, execution)
      if (fate === 'queued' && !woken.has(execution.flow_id) && (await wake(needs, execution)))
        woken.add(execution.flow_id)
      if (fate !== 'lost' || settled >= settledPerSweep) continue
      await settleItems(needs, execution)
      await finish({ executionId: execution.id, end: { kind: 'failed', message: lostMessage(execution) } })
      settled += 1
    }
    return { settled, woken: woken.size }
  }
}

/** `queued`: its turn comes when its flow is woken. `lost`: nobody works on it and nobody will. */
async function fateOf({ db, client, now }: Needs, execution: Execution): Promise<'kept' | 'queued' | 'lost'> {
  const { id, run_id: runId, workflow_id: workflowId } = execution
  if (runId !== null) {
    if (await ownerIsOpen(client, workflowId, runId)) return 'kept'
    // Backups that its end has cancelled still clean up; those that are lost, too, are the jobs' sweep's first.
    return (await openBackupsOfExecution(db, id)).length > 0 ? 'kept' : 'lost'
  }
  if (now().getTime() - Date.parse(execution.created_at) < youngMs) return 'kept'
  if (execution.execution_type === 'scheduled') return 'queued'
  return (await mayClaimExecution(client, workflowId, id)) ? 'kept' : 'lost'
}

async function wake(
  { db, client }: Needs,
  { flow_id: flowId, workflow_id: workflowId }: Execution,
): Promise<boolean> {
  const flow = await flowById(db, flowId)
  if (flow === undefined || (await isOpenNow(client, workflowId))) return false
  await wakeFlow(client, flow)
  return true
}

const lostMessage = ({ run_id: runId }: Execution): string =>
  runId === null
    ? 'The execution was never begun: its start was lost'
    : 'The execution was ended from outside: its workflow was terminated or lost'

/** What its backups came to is kept; what had not ended is failed. */
async function settleItems({ db, now }: Needs, { id }: Execution): Promise<void> {
  const open = await itemsOf(db, id, ['pending', 'waiting', 'running'])
  const backups = await backupsByIds(
    db,
    open.flatMap(({ backup_id: backupId }) => backupId ?? []),
  )
  const at = now().toISOString()
  await underExecutionLock(db, id, (tx) => settleEach(tx, open, backups, at))
}

async function settleEach(
  tx: Db,
  open: readonly ExecutionItem[],
  backups: ReadonlyMap<string, Backup>,
  at: string,
): Promise<void> {
  for (const item of open) {
    const patch = endOf(item, backups.get(item.backup_id ?? ''))
    await updateItem(tx, item, { ...patch, not_before: null, busy_since: null, completed_at: at }, [
      item.status,
    ])
  }
}

function endOf(item: ExecutionItem, backup: Backup | undefined): ItemPatch {
  if (item.status === 'running' && backup?.status === 'completed')
    return { status: 'completed', reason: null, bytes_transferred: backup.bytes_read }
  if (item.status === 'running' && backup?.status === 'failed')
    return {
      status: 'failed',
      reason: backup.error_message,
      error_code: backup.error_code,
      error_remedy: backup.error_remedy,
    }
  if (item.status !== 'running')
    return { status: 'cancelled', reason: 'The execution was ended from outside' }
  return { status: 'failed', reason: 'The execution was ended from outside', error_code: 'internal' }
}
