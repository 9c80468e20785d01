import type { BackupInput, Consistency } from '../domain/backup.js'
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

/**
 * Every step by the queue that serves it: what goes in, what comes out. Ids travel, data does not. A step whose
 * input has a `backupId` is a line of that job's JobLog.
 */
export interface ControlSteps {
  claimBackup(input: ClaimInput): Promise<ClaimedBackup>
  takeLease(input: LeaseInput): Promise<{ leaseNo: number }>
  releaseLease(input: LeaseInput): Promise<void>
  markCancelling(input: JobRef): Promise<void>
  markPaused(input: JobRef): Promise<void>
  markResumed(input: JobRef): Promise<void>
  forgetCopies(input: WarnInput): Promise<void>
  addWarning(input: WarnInput): Promise<void>
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
  testPlatform(input: TestPlatformInput): Promise<TestPlatformResult>
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
}

export interface LeaseInput extends JobRef {
  readonly resource: string
  readonly workflowId: string
  readonly runId: string
}

/** `warning`: one sentence for the job's operator. */
export interface WarnInput extends JobRef {
  readonly warning: string
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
