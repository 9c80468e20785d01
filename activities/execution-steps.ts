import type { BackupInput } from '../domain/backup.js'

/** Steps of `run-flow` and `flow-lane`, on the control queue. Those with an `executionId` are lines of its JobLog. */
export interface ExecutionSteps {
  /** Null where nothing is left to run. */
  claimExecution(input: ClaimExecutionInput): Promise<ClaimedExecution | null>
  /** Whether another execution of the flow waits for its turn. */
  lookForQueued(input: FlowRef): Promise<{ queued: boolean }>
  warnExecution(input: ExecutionRef & { readonly warning: string }): Promise<void>
  /** Asked again, as refreshed, after the platforms that it names have been asked. */
  planExecution(
    input: ExecutionRef & { readonly isRefreshed: boolean },
  ): Promise<PlannedExecution | PlatformsToRefresh>
  lookAtClock(input: ExecutionRef): Promise<ExecutionClock>
  claimItem(input: ExecutionRef & { readonly lane: number }): Promise<ItemClaim>
  settleItem(input: SettleItemInput): Promise<SettledItem>
  markExecutionPaused(input: ExecutionRef & { readonly reason: string }): Promise<void>
  markExecutionResumed(input: ExecutionRef): Promise<void>
  /** Fails, to be tried again, until every backup of the execution is paused or has ended. */
  pauseBackups(input: ExecutionRef): Promise<{ paused: number }>
  /** The reverse; backups that wait for room by themselves are left alone. */
  resumeBackups(input: ExecutionRef): Promise<{ resumed: number }>
  stopExecution(input: ExecutionRef & { readonly why: StopReason }): Promise<{ stopped: number }>
  finishExecution(input: FinishExecutionInput): Promise<FinishedExecution>
  /** For the sweeper. */
  settleExecutions(input: Record<string, never>): Promise<{ settled: number; woken: number }>
}

export interface ExecutionRef {
  readonly executionId: string
}

export interface FlowRef {
  readonly flowId: string
}

/** `wanted`: the execution that the input names; null: the oldest queued one of the flow. */
export interface ClaimExecutionInput {
  readonly flowId: string
  readonly wanted: string | null
  readonly workflowId: string
  /** The first execution's run id. */
  readonly runId: string
}

export interface ClaimedExecution {
  readonly executionId: string
  readonly flowName: string
  readonly clock: ExecutionClock
  /** Before it plans; null: it goes on at once. */
  readonly rest: Rest | null
}

/** How long to stand aside, because a crowd is in line for the repository already. */
export interface Rest {
  readonly ms: number
  readonly reason: string
}

/** A group with rules is resolved afresh: these must be asked first. */
export interface PlatformsToRefresh {
  readonly refresh: readonly PlatformToRefresh[]
}

export interface PlatformToRefresh {
  readonly platformId: string
  readonly name: string
  readonly site: string
}

export interface PlannedExecution {
  readonly items: number
  /** 0: so few VMs that the run works on them itself. */
  readonly lanes: number
  /** What it protects, for people. */
  readonly target: string
}

/** What the clock says of a run, evaluated now. */
export interface ExecutionClock {
  /** Its longest time is over. */
  readonly isOver: boolean
  /** Why it stands still outside its window; null where it may run. */
  readonly closed: string | null
  /** When to look again; null: never. */
  readonly lookAt: string | null
}

export type ItemClaim =
  | { readonly kind: 'item'; readonly item: ClaimedItem }
  /** All that is left waits. */
  | { readonly kind: 'wait'; readonly until: string; readonly reason: string }
  /** The execution is paused. */
  | { readonly kind: 'held' }
  | { readonly kind: 'done' }

export interface ClaimedItem {
  readonly position: number
  /** Counts from 1. */
  readonly attempt: number
  readonly backup: BackupInput
  /** One line for the Temporal UI. */
  readonly summary: string
}

export type ItemOutcome =
  | { readonly kind: 'completed'; readonly bytesRead: number }
  | { readonly kind: 'cancelled' }
  /** Something else works on the VM. */
  | { readonly kind: 'busy' }
  | {
      readonly kind: 'failed'
      readonly code: string
      readonly message: string
      readonly remedy: string | null
    }

/** `backup` and not `backupId`: a busy VM's backup never begins, and has no log. */
export interface SettleItemInput extends ExecutionRef {
  readonly position: number
  readonly backup: string
  readonly outcome: ItemOutcome
}

/** What was decided, and why. */
export interface SettledItem {
  readonly status: string
  readonly reason: string | null
  readonly notBefore: string | null
}

export type StopReason = 'cancelled' | 'run-time-over'

export interface FinishExecutionInput extends ExecutionRef {
  /** `failed`: it could not be planned. */
  readonly end:
    { readonly kind: 'ended' | 'cancelled' } | { readonly kind: 'failed'; readonly message: string }
}

export interface FinishedExecution {
  readonly status: string
  readonly message: string | null
}
