import { Failure } from '../../../domain/failure.js'
import type { Execution } from '../../../domain/execution.js'
import type { Flow } from '../../../domain/flow.js'
import { workflowIds } from '../../../domain/rules/names.js'
import { queuedTurn } from '../../../domain/rules/queued-turn.js'
import type { NoticeEvent } from '../../../domain/notice.js'
import type { Db } from '../../../drizzle/open.js'
import { readAllPaused } from '../../../drizzle/queries/all-paused.js'
import {
  claimPendingExecution,
  dropQueuedExecution,
  givenUpSince,
  openExecutionOfRun,
  queuedExecutions,
  recountFlow,
  underFlowLock,
} from '../../../drizzle/queries/execution-changes.js'
import { executionById, insertPendingExecution } from '../../../drizzle/queries/executions.js'
import type { ClaimExecutionInput } from '../../execution-steps.js'
import type { ControlSteps } from '../../steps.js'
import type { SlotLimits } from '../wanted-slots.js'
import { clockOf } from './clock.js'
import { restBeforePlan } from './rest-in-crowd.js'

export interface ExecutionDependencies {
  readonly db: Db
  readonly now: () => Date
  /** Lets somebody hear of it; an event that was told already, or that nobody wants, does nothing. */
  readonly notify?: (event: NoticeEvent) => Promise<void>
}

/**
 * Safe to run twice: an execution that this run has claimed is claimed again. Under the flow's row lock, so that it
 * sees all that a tick has decided. What is queued and not wanted any more is dropped on the way, with its reason, and
 * told where nobody could run it in time.
 */
export const claimExecution =
  ({
    db,
    now,
    limits,
    notify,
  }: ExecutionDependencies & { readonly limits: SlotLimits }): ControlSteps['claimExecution'] =>
  async (claim) => {
    checkLock(claim)
    const at = now()
    const found = await underFlowLock(db, claim.flowId, async (tx, flow) => {
      const { execution, mayHaveGivenUp } = await claimed(tx, flow, claim, at)
      if (execution === null) return { answer: null, mayHaveGivenUp }
      const answer = {
        executionId: execution.id,
        flowName: flow.name,
        clock: await clockOf(tx, { execution, flow }, at),
        rest: await restBeforePlan(tx, flow.repository_id ?? 0, limits),
      }
      return { answer, mayHaveGivenUp }
    })
    if (found === undefined) throw noFlow(claim.flowId)
    if (found.mayHaveGivenUp) await tellOfGivenUp(db, notify, claim.flowId, at)
    return found.answer
  }

/** A step that died before it could tell is done again within that time; what was told is not told twice. */
const toldWithinMs = 24 * 3600 * 1000

async function tellOfGivenUp(
  db: Db,
  notify: ExecutionDependencies['notify'],
  flowId: string,
  now: Date,
): Promise<void> {
  if (notify === undefined) return
  const since = new Date(now.getTime() - toldWithinMs).toISOString()
  for (const givenUp of await givenUpSince(db, flowId, since))
    await notify({ kind: 'missed', flowId, ...givenUp })
}

// The id is the lock: a run under another one would stand beside the flow's execution instead of being refused.
function checkLock({ flowId, workflowId }: ClaimExecutionInput): void {
  const lock = workflowIds.flow(flowId)
  if (workflowId === lock) return
  throw new Failure(
    'bad-request',
    `The run of flow ${flowId} must have the workflow id ${lock}, not ${workflowId}`,
    {
      retry: false,
      remedy: 'Start the flow on its page, or correct the workflow id.',
    },
  )
}

interface Claimed {
  readonly execution: Execution | null
  /** By this claim, or by the same one before, which may not have told: rarely, so that few claims look for them. */
  readonly mayHaveGivenUp: boolean
}

async function claimed(tx: Db, flow: Flow, claim: ClaimExecutionInput, now: Date): Promise<Claimed> {
  const open = await openExecutionOfRun(tx, flow.id, claim.runId)
  if (open !== undefined) return { execution: open, mayHaveGivenUp: true }
  let givenUp = false
  const take = async (row: Execution): Promise<boolean> => {
    const fate = await takeOrDrop(tx, flow, row, claim, now)
    givenUp ||= fate === 'given-up'
    return fate === 'taken'
  }
  const taken = (row: Execution): Execution => ({ ...row, status: 'running', started_at: now.toISOString() })
  const wanted = claim.wanted === null ? undefined : await wantedRow(tx, flow, claim.wanted, now)
  if (wanted !== undefined && (await take(wanted)))
    return { execution: taken(wanted), mayHaveGivenUp: givenUp }
  for (const row of await queuedExecutions(tx, flow.id))
    if (await take(row)) return { execution: taken(row), mayHaveGivenUp: givenUp }
  return { execution: null, mayHaveGivenUp: true }
}

/** The row that the run's input names; made where it is missing: nobody asked the API, or it never heard of its start. */
async function wantedRow(tx: Db, flow: Flow, id: string, now: Date): Promise<Execution | undefined> {
  const known = await executionById(tx, id)
  if (known?.flow_id === flow.id) return known
  if (known !== undefined)
    throw new Failure('conflict', `Execution ${id} belongs to another flow, ${known.flow_id}`, {
      retry: false,
      facts: { execution_id: id },
      remedy: 'Start the flow with an execution id of its own.',
    })
  if (flow.deleted_at !== null) throw noFlow(flow.id)
  await insertPendingExecution(tx, {
    id,
    flow_id: flow.id,
    execution_type: 'manual',
    backup_type: 'auto',
    workflow_id: workflowIds.flow(flow.id),
    triggered_by: 'temporal',
    created_at: now.toISOString(),
  })
  return await executionById(tx, id)
}

async function takeOrDrop(
  tx: Db,
  flow: Flow,
  row: Execution,
  { runId, workflowId }: ClaimExecutionInput,
  now: Date,
): Promise<'taken' | 'given-up' | 'left'> {
  if (row.status !== 'pending' || row.run_id !== null) return 'left'
  const at = now.toISOString()
  const turn = queuedTurn(flow, row, now, await readAllPaused(tx))
  if (turn.kind === 'run')
    return (await claimPendingExecution(tx, row, { runId, workflowId, at })) ? 'taken' : 'left'
  const dueTime = turn.kind === 'late' ? 'missed' : 'skipped'
  await dropQueuedExecution(tx, row, { dueTime, reason: turn.reason, at })
  await recountFlow(tx, flow.id)
  return turn.kind === 'late' ? 'given-up' : 'left'
}

const noFlow = (id: string): Failure =>
  new Failure('not-found', `There is no flow ${id}`, { retry: false, facts: { flow_id: id } })

/** Safe to run twice: only reads. */
export const lookForQueued =
  ({ db }: Pick<ExecutionDependencies, 'db'>): ControlSteps['lookForQueued'] =>
  async ({ flowId }) => ({ queued: (await queuedExecutions(db, flowId, 1)).length > 0 })
