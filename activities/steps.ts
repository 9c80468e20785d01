import type { FlowCheck } from '../domain/flow-check.js'
import type { CheckVmsInput, FlowTestSteps } from './flow-test-steps.js'
import type { ExecutionSteps } from './execution-steps.js'
import type { AuditResult, AuditScope, BackupInput, Consistency } from '../domain/backup.js'
import type {
  DeleteBackupInput,
  DiscoverInput,
  DiscoverResult,
  InspectRepositoryInput,
  InspectRepositoryResult,
  OpenContentInput,
  OpenContentResult,
  RescanInput,
  RescanResult,
  TestPlatformInput,
  TestPlatformResult,
  VerifyInput,
  VerifyResult,
} from '../domain/operations.js'
import type { ScheduleSteps } from './schedule-steps.js'

export type { ScheduleSteps, TickDecision } from './schedule-steps.js'

/**
 * Every step by the queue that serves it: what goes in, what comes out. Ids travel, data does not. A step whose
 * input has a `backupId` is a line of that job's JobLog.
 */
export interface ControlSteps extends ExecutionSteps, FlowTestSteps, ScheduleSteps {
  claimBackup(input: ClaimInput): Promise<ClaimedBackup>
  takeLease(input: LeaseInput & Waiting): Promise<Turn>
  releaseLease(input: LeaseInput): Promise<void>
  takeSlots(input: OwnerInput & Waiting): Promise<Turn>
  releaseSlots(input: OwnerInput): Promise<void>
  markCancelling(input: JobRef): Promise<void>
  markPaused(input: PauseInput): Promise<void>
  markResumed(input: JobRef): Promise<void>
  forgetCopies(input: WarnInput): Promise<void>
  addWarning(input: WarnInput): Promise<void>
  recordAuditRequest(input: AuditRequestInput): Promise<void>
  concludeAudit(input: ConcludeAuditInput): Promise<AuditedBackup>
  recordPoint(input: RecordPointInput): Promise<void>
  finishBackup(input: FinishInput): Promise<void>
  recordUnverified(input: UnverifiedInput): Promise<void>
  forgetCredential(input: { credentialId: string }): Promise<void>
  findOrphanJobs(input: Record<string, never>): Promise<SweepPlan>
  settleOrphan(input: SettleInput): Promise<void>
  releaseClosedLeases(input: Record<string, never>): Promise<{ released: number }>
  pinPoints(input: PinInput): Promise<{ points: readonly string[] }>
  releasePins(input: WorkflowRef): Promise<void>
  releaseClosedPins(input: Record<string, never>): Promise<{ released: number }>
  pruneRecords(input: Record<string, never>): Promise<PrunedRecords>
}

export interface CaptureSteps {
  discover(input: DiscoverInput): Promise<DiscoverResult>
  refreshInventory(input: RefreshInventoryInput): Promise<RefreshedInventory>
  testPlatform(input: TestPlatformInput): Promise<TestPlatformResult>
  /** What backups of these VMs would find: each problem a line. */
  checkVms(input: CheckVmsInput): Promise<{ checks: readonly FlowCheck[] }>
  discoverVm(input: JobRef): Promise<DiscoveredForBackup>
  preFlight(input: JobRef): Promise<PreFlightResult>
  enableChangeTracking(input: JobRef): Promise<{ enabled: boolean; reason: string | null }>
  takeSnapshot(input: JobRef): Promise<SnapshotTaken>
  checkPauseRoom(input: JobRef): Promise<{ whyNoRoom: string | null }>
  removeSnapshot(input: JobRef): Promise<void>
  sweepSnapshots(input: { platformId: string }): Promise<{ removed: number }>
}

export interface RepositorySteps {
  inspectRepository(input: InspectRepositoryInput): Promise<InspectRepositoryResult>
  copyDisk(input: CopyDiskInput): Promise<CopiedDisk>
  auditDisk(input: AuditDiskInput): Promise<AuditedDisk>
  lookForRoom(input: LookForRoomInput): Promise<{ freeBytes: number }>
  commitPoint(input: JobRef): Promise<CommittedPoint>
  discardPoint(input: JobRef): Promise<void>
  verifyBackup(input: VerifyInput): Promise<VerifyResult>
  deletePoint(input: DeletePointInput): Promise<void>
  rescanRepository(input: RescanInput): Promise<RescanResult>
  openContent(input: OpenContentInput): Promise<OpenContentResult>
  recoverOrDiscard(input: JobRef): Promise<{ recovered: boolean }>
  sweepRepository(input: SweepRepositoryInput): Promise<{ removed: number }>
  expireChains(input: SweepRepositoryInput): Promise<{ removed: readonly string[] }>
}

/** What a platform knows of its VMs becomes ours; VMs that the group's rules match become contexts. */
export interface RefreshInventoryInput {
  readonly platformId: string
  readonly executionId: string
}

export interface RefreshedInventory {
  readonly seen: number
  readonly added: number
}

export interface JobRef {
  readonly backupId: string
}

/** A workflow as an owner: its id and its *first* execution's run id. */
export interface WorkflowRef {
  readonly workflowId: string
  readonly runId: string
}

/** `point` and not `backupId`: that a point is pinned is no line of its job's log. */
export interface PinInput extends WorkflowRef {
  readonly point: string
  /** The whole chain that the point belongs to. */
  readonly chain: boolean
  readonly purpose: 'verify' | 'delete'
}

export interface SweepRepositoryInput extends WorkflowRef {
  readonly repositoryId: number
}

export interface DeletePointInput extends DeleteBackupInput, WorkflowRef {
  /** What goes, as it was pinned: no point before one that is stored over it. */
  readonly points: readonly string[]
}

export interface ClaimInput {
  readonly backup: BackupInput
  readonly backupId: string
  readonly workflowId: string
  /** The first execution's run id: it names the job through retries and resets. */
  readonly runId: string
}

export interface ClaimedBackup {
  readonly site: string
  readonly heartbeatSeconds: number
  /** How long a paused run keeps its snapshot. */
  readonly pauseMinutes: number
  /** How often a run that a full repository has paused looks for room. */
  readonly roomCheckSeconds: number
  /** How long an undo step is tried before it is left to the sweeper. */
  readonly undoSeconds: number
}

export interface PauseInput extends JobRef {
  /** Why it stands still, where nobody asked for that. */
  readonly reason: string | null
}

/** Without a `backupId`: its retries are a wait, not lines of the JobLog. */
export interface LookForRoomInput {
  readonly repositoryId: number
  /** Whose own reservation does not count. */
  readonly jobId: string
  readonly neededBytes: number
}

/** Who holds leases and slots: its workflow, and the first execution's run id. */
export interface OwnerInput extends JobRef {
  readonly workflowId: string
  readonly runId: string
}

export interface LeaseInput extends OwnerInput {
  readonly resource: string
}

export interface Waiting {
  /** False: one look, that stands in line where it finds no place. True: fails, to be tried again, until it is our turn. */
  readonly wait: boolean
}

export interface Turn {
  readonly taken: boolean
  /** What it stands in line for and who is in the way, for an operator; null when taken. */
  readonly waitsFor: string | null
}

/** `warning`: one sentence for the job's operator. */
export interface WarnInput extends JobRef {
  readonly warning: string
}

export interface AuditRequestInput extends JobRef {
  readonly scope: AuditScope
}

export interface DiscoveredForBackup {
  readonly vmName: string
  readonly drift: readonly string[]
}

export interface PlannedDisk {
  /** `vm_disks.id` */
  readonly diskId: string
  readonly label: string
  readonly key: number
  readonly capacityBytes: number
}

export interface PreFlightResult {
  readonly disks: readonly PlannedDisk[]
  readonly leftOut: readonly string[]
  readonly backupType: 'full' | 'incremental'
  readonly reason: string
  readonly warnings: number
}

export interface SnapshotTaken {
  readonly reference: string
  readonly consistency: Consistency
  readonly adopted: boolean
}

export interface CopyDiskInput extends JobRef {
  readonly diskId: string
  /** Seconds between signs of life before the server gives the step to another worker. */
  readonly heartbeatSeconds: number
}

export interface CopiedDisk {
  readonly diskId: string
  readonly bytesRead: number
  readonly bytesStored: number
  readonly attemptNo: number
}

export interface AuditDiskInput extends JobRef {
  readonly diskId: string
  readonly scope: AuditScope
}

/** Without a result there was nothing to tell, or it could not be told: the detail says why. */
export interface AuditedDisk {
  readonly result: AuditResult | null
  readonly detail: string
}
export type AuditedBackup = AuditedDisk

export interface ConcludeAuditInput extends JobRef {
  /** Disks whose audit gave up. */
  readonly failed: readonly { readonly diskId: string; readonly why: string }[]
}

export interface CommittedPoint {
  readonly manifestPath: string
}

export interface RecordPointInput extends JobRef {
  readonly manifestPath: string
}

export interface FinishInput extends JobRef {
  readonly status: 'completed' | 'failed' | 'cancelled'
  readonly cleanup: 'done' | 'pending'
  readonly error: { readonly code: string; readonly message: string; readonly remedy: string | null } | null
}

export interface UnverifiedInput extends JobRef {
  /** Why it could not be told whether the point is good. */
  readonly reason: string
}

export interface Orphan {
  readonly backupId: string
  readonly repositoryId: number
  readonly site: string
  /** Why the sweeper owns it now. */
  readonly reason: string
}

export interface SweepPlan {
  readonly orphans: readonly Orphan[]
  readonly platforms: readonly { readonly platformId: string; readonly site: string }[]
  readonly repositories: readonly number[]
}

/** How many rows went, by kind. */
export interface PrunedRecords {
  readonly credentials: number
  readonly sessions: number
  readonly starts: number
  readonly discoveries: number
  /** Of the JobLog, whose job is no more. */
  readonly steps: number
}

export interface SettleInput extends JobRef {
  readonly recovered: boolean
  readonly snapshotGone: boolean
  readonly filesGone: boolean
  readonly reason: string
}
