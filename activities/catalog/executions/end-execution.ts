import { openExecutionStatuses } from '../../../domain/execution.js'
import type { Execution, ExecutionItem } from '../../../domain/execution.js'
import type { Flow } from '../../../domain/flow.js'
import { endedMessage, endedStatus } from '../../../domain/rules/execution-status.js'
import type { EndedStatus } from '../../../domain/rules/execution-status.js'
import type { Db } from '../../../drizzle/open.js'
import {
  recountFlow,
  showInFlow,
  stopOf,
  underExecutionLock,
  updateExecution,
} from '../../../drizzle/queries/execution-changes.js'
import type { ExecutionStop, FlowExecution } from '../../../drizzle/queries/execution-changes.js'
import { backupsByIds } from '../../../drizzle/queries/execution-backups.js'
import { endItems, itemsOf, recountExecution, updateItem } from '../../../drizzle/queries/execution-items.js'
import { endWaits } from '../../../drizzle/queries/job-steps.js'
import type { FinishedExecution, FinishExecutionInput } from '../../execution-steps.js'
import { waitingSteps } from '../../job-log.js'
import type { ControlSteps } from '../../steps.js'
import type { ExecutionDependencies } from './claim-execution.js'
import { noExecution } from './plan-execution.js'
import { overRemedy } from './item-becomes.js'

/**
 * Safe to run twice: what was said first counts. From here no VM of it is begun, and what its lanes stop is recorded
 * with this reason.
 */
export const stopExecution =
  ({ db, now }: ExecutionDependencies): ControlSteps['stopExecution'] =>
  async ({ executionId, why }) => {
    const at = now()
    const stopped = await underExecutionLock(db, executionId, async (tx, { execution, flow }) => {
      const stop = stopOf(execution) ?? { code: why, message: whyStopped(why, execution, flow, at) }
      await updateExecution(tx, executionId, {
        execution_metadata: { ...execution.execution_metadata, stop },
      })
      const count = await endUnbegun(tx, executionId, stop, at)
      await recountExecution(tx, executionId)
      return count
    })
    return { stopped: stopped ?? 0 }
  }

function whyStopped(
  why: ExecutionStop['code'],
  { started_at: began }: Execution,
  flow: Flow,
  now: Date,
): string {
  if (why === 'cancelled') return 'The execution was cancelled'
  const minutes = Math.floor((now.getTime() - Date.parse(began ?? now.toISOString())) / 60_000)
  return `The run was stopped after ${minutes} minutes: the flow allows ${flow.max_run_minutes ?? minutes}`
}

const endUnbegun = (tx: Db, executionId: string, stop: ExecutionStop, now: Date): Promise<number> =>
  endItems(tx, executionId, ['pending', 'waiting'], {
    status: stop.code === 'cancelled' ? 'cancelled' : 'failed',
    reason: stop.message,
    error_code: stop.code === 'cancelled' ? null : stop.code,
    error_remedy: stop.code === 'cancelled' ? null : overRemedy,
    not_before: null,
    busy_since: null,
    completed_at: now.toISOString(),
  })

/**
 * Safe to run twice: an execution that has ended keeps its end, and all counters are recounted from rows. The flow's
 * row is brought up to date in the same transaction. Who wants to hear of a bad end is told, once.
 */
export const finishExecution =
  ({ db, now, notify }: ExecutionDependencies): ControlSteps['finishExecution'] =>
  async (input) => {
    const { executionId } = input
    await endWaits(db, executionId, waitingSteps, now().toISOString())
    const ended = await underExecutionLock(db, executionId, async (tx, of) => ({
      finished: await finish(tx, of, input.end, now()),
      flowId: of.flow.id,
    }))
    if (ended === undefined) throw noExecution(executionId)
    const { finished, flowId } = ended
    if (finished.status === 'warning' || finished.status === 'error')
      await notify?.({ kind: finished.status, flowId, executionId })
    return finished
  }

async function finish(
  tx: Db,
  { execution, flow }: FlowExecution,
  end: FinishExecutionInput['end'],
  now: Date,
): Promise<FinishedExecution> {
  if (!openExecutionStatuses.some((open) => open === execution.status))
    return { status: execution.status, message: execution.error_message }
  await endLeftOver(tx, execution, end, now)
  const { counts } = await recountExecution(tx, execution.id)
  const items = await itemsOf(tx, execution.id)
  const isStopped = end.kind === 'cancelled' || stopOf(execution)?.code === 'cancelled'
  const status: EndedStatus = end.kind === 'failed' ? 'error' : endedStatus(counts, isStopped)
  const message = end.kind === 'failed' ? end.message : messageOf(items, counts, status, execution)
  const began = Date.parse(execution.started_at ?? now.toISOString())
  await updateExecution(tx, execution.id, {
    status,
    pause_reason: null,
    error_message: message,
    created_job_ids: items.flatMap((item) => item.backup_ids),
    completed_at: now.toISOString(),
    execution_time_seconds: Math.round((now.getTime() - began) / 1000),
  })
  if (flow.last_execution_id === execution.id)
    await showInFlow(tx, flow.id, { last_execution_status: status })
  await recountFlow(tx, flow.id)
  return { status, message }
}

function messageOf(
  items: readonly ExecutionItem[],
  counts: Parameters<typeof endedStatus>[0],
  status: EndedStatus,
  execution: Execution,
): string | null {
  const ends = (wanted: ExecutionItem['status']) =>
    items
      .filter((item) => item.status === wanted)
      .map((item) => ({ vmName: item.vm_name, reason: item.reason }))
  const told = endedMessage(counts, ends('failed'), ends('skipped'))
  if (status === 'error' && told === null) return stopOf(execution)?.message ?? 'None of its VMs was begun'
  if (status !== 'cancelled') return told
  return `${stopOf(execution)?.message ?? 'The execution was cancelled'}.${told === null ? '' : ` ${told}`}`
}

/** VMs that no lane has settled: it was terminated, or could not begin. */
async function endLeftOver(
  tx: Db,
  execution: Execution,
  end: FinishExecutionInput['end'],
  now: Date,
): Promise<void> {
  await keepPoints(tx, execution.id, now)
  const stop = stopOf(execution) ?? (end.kind === 'cancelled' ? cancelled : null)
  if (stop !== null) await endUnbegun(tx, execution.id, stop, now)
  await endItems(tx, execution.id, ['pending', 'waiting', 'running'], {
    status: stop?.code === 'cancelled' ? 'cancelled' : 'failed',
    reason: stop?.message ?? 'The part of the execution that worked on it was ended from outside',
    error_code: stop === null ? 'internal' : stop.code === 'cancelled' ? null : stop.code,
    not_before: null,
    busy_since: null,
    completed_at: now.toISOString(),
  })
}

/** A point that stands counts, though the lane that waited for it was lost. */
async function keepPoints(tx: Db, executionId: string, now: Date): Promise<void> {
  const running = await itemsOf(tx, executionId, ['running'])
  const backups = await backupsByIds(
    tx,
    running.flatMap(({ backup_id: id }) => id ?? []),
  )
  for (const item of running) {
    const backup = backups.get(item.backup_id ?? '')
    if (backup?.status !== 'completed') continue
    const ended = { not_before: null, busy_since: null, completed_at: now.toISOString() }
    const patch = {
      status: 'completed',
      reason: null,
      bytes_transferred: backup.bytes_read,
      ...ended,
    } as const
    await updateItem(tx, item, patch, ['running'])
  }
}

const cancelled: ExecutionStop = { code: 'cancelled', message: 'The execution was cancelled' }
