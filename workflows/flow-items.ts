import {
  CancellationScope,
  ChildWorkflowCancellationType,
  ChildWorkflowFailure,
  condition,
  executeChild,
  isCancellation,
  ParentClosePolicy,
  TerminatedFailure,
} from '@temporalio/workflow'
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common'
import type { ClaimedItem, ItemOutcome } from '../activities/execution-steps.js'
import type { BackupResult } from '../domain/operations.js'
import { workflowIds, workflowTypes } from '../domain/rules/names.js'
import { atHand } from './at-hand.js'
import { failureView } from './failure-view.js'
import { searchAttributes } from './messages.js'
import { control } from './steps.js'

/** Behind ticks and runs: where many flows are due at once, each is seen to have begun before any copies. */
const backupPriority = { priorityKey: 5 } as const

/** What a lane needs, whether it is a workflow of its own or a run with one VM. */
export interface Lane {
  readonly flowId: string
  readonly executionId: string
  readonly lane: number
  /** Resolves when rows may have changed, after so many milliseconds, or never where none are given. */
  awake(ms?: number): Promise<void>
  /** From here a wake counts: called before each look at the rows. */
  listen(): void
  show(what: string): void
  /** Whether it should end here and be continued. */
  isFull(): boolean
}

/** Works on one VM after the other until none is left for it; `false`: it is full and must be continued. */
export async function workOnItems(lane: Lane): Promise<boolean> {
  const { executionId } = lane
  while (!lane.isFull()) {
    lane.listen()
    const claim = await atHand('claimItem', `take the next VM for lane ${lane.lane}`, {
      executionId,
      lane: lane.lane,
    })
    if (claim.kind === 'done') return true
    if (claim.kind === 'item') {
      await workOn(lane, claim.item)
      continue
    }
    lane.show(claim.kind === 'held' ? 'Paused.' : `Waiting until ${claim.until}. ${claim.reason}`)
    if (claim.kind === 'held') await lane.awake()
    else await lane.awake(Math.max(0, Date.parse(claim.until) - Date.now()))
  }
  return false
}

/** Backs up one VM and records what became of it; a cancel is passed on, and waited for. */
async function workOn(lane: Lane, item: ClaimedItem): Promise<void> {
  const { backupId, vmName } = item.backup
  lane.show(`Backing up **${vmName}**, attempt ${item.attempt}, job \`${backupId}\`.`)
  const outcome = await backUp(lane, item)
  await CancellationScope.nonCancellable(() =>
    control.settleItem.executeWithOptions({ summary: `record what became of ${vmName}: ${outcome.kind}` }, [
      { executionId: lane.executionId, position: item.position, backup: backupId, outcome },
    ]),
  )
  if (CancellationScope.current().consideredCancelled) await CancellationScope.current().cancelRequested
}

async function backUp(lane: Lane, { backup, summary }: ClaimedItem): Promise<ItemOutcome> {
  try {
    const result = (await executeChild(workflowTypes.backupVm, {
      workflowId: workflowIds.backup(backup.vmContextId),
      args: [backup],
      parentClosePolicy: ParentClosePolicy.REQUEST_CANCEL,
      cancellationType: ChildWorkflowCancellationType.WAIT_CANCELLATION_COMPLETED,
      staticSummary: summary,
      priority: backupPriority,
      typedSearchAttributes: [
        { key: searchAttributes.opKind, value: 'backup' },
        { key: searchAttributes.vmContextId, value: backup.vmContextId },
        { key: searchAttributes.jobId, value: backup.backupId },
        { key: searchAttributes.flowId, value: lane.flowId },
        { key: searchAttributes.executionId, value: lane.executionId },
      ],
    })) as BackupResult
    return { kind: 'completed', bytesRead: result.bytesRead }
  } catch (error) {
    return outcomeOf(error)
  }
}

function outcomeOf(error: unknown): ItemOutcome {
  if (error instanceof WorkflowExecutionAlreadyStartedError) return { kind: 'busy' }
  if (isCancellation(error)) return { kind: 'cancelled' }
  if (error instanceof ChildWorkflowFailure && error.cause instanceof TerminatedFailure)
    return {
      kind: 'failed',
      // Whoever did that did not want it to be tried again.
      code: 'conflict',
      message: 'Its backup was terminated in Temporal',
      remedy: 'Its snapshot and files are removed by the next sweep; then start it again.',
    }
  return { kind: 'failed', ...failureView(error) }
}

/** A flag that a signal raises and a look lowers, so that no wake is lost between the two. */
export function newWaker(): Pick<Lane, 'awake' | 'listen'> & { wake(): void } {
  let woken = false
  return {
    wake: () => {
      woken = true
    },
    listen: () => {
      woken = false
    },
    awake: async (ms) => {
      if (ms === undefined) await condition(() => woken)
      else await condition(() => woken, ms)
    },
  }
}
