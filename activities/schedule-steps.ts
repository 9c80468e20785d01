import type { ReconcileReport } from '../domain/schedule.js'

/** Steps of `flow-tick`, `flow-sync`, `reconcile`, `prune-history` and `notify`, on the control queue. */
export interface ScheduleSteps {
  decideTick(input: TickInput): Promise<TickDecision>
  syncFlow(input: SyncFlowInput): Promise<SyncedFlow>
  reconcileSchedules(input: Record<string, never>): Promise<ReconcileReport>
}

export interface TickInput {
  readonly flowId: string
  /** The due time, ISO 8601. */
  readonly nominalTime: string
}

/** What became of the due time; a run or a queued one has been told to `flow:<flowId>` already. */
export interface TickDecision {
  readonly status: 'started' | 'queued' | 'skipped' | 'missed' | 'error'
  readonly reason: string | null
  readonly executionId: string | null
}

export interface SyncFlowInput {
  readonly flowId: string
}

export interface SyncedFlow {
  readonly applied: 'nothing' | 'created' | 'updated' | 'removed' | 'foreign'
  /** False where the row changed all the time: look again. */
  readonly isSettled: boolean
}
