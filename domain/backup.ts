import { z } from 'zod'

export const backupStatuses = [
  'pending',
  'running',
  'paused',
  'cancelling',
  'completed',
  'failed',
  'cancelled',
] as const
export const BackupStatus = z.enum(backupStatuses)
export type BackupStatus = z.infer<typeof BackupStatus>

export const backupTypes = ['full', 'incremental'] as const
export const BackupType = z.enum(backupTypes)
export type BackupType = z.infer<typeof BackupType>
/** What may be asked for; what a run becomes is a `BackupType` with its reason. */
export const RequestedBackupType = z.enum(['auto', 'full', 'incremental'])
export type RequestedBackupType = z.infer<typeof RequestedBackupType>

export const Quiesce = z.enum(['require', 'prefer', 'never'])
export type Quiesce = z.infer<typeof Quiesce>
/** The level reached: what the snapshot really gives. */
export const Consistency = z.enum(['application', 'crash', 'powered-off'])
export type Consistency = z.infer<typeof Consistency>

export const Cleanup = z.enum(['done', 'pending'])
export type Cleanup = z.infer<typeof Cleanup>

/** How much of a snapshot an audit of change tracking reads. */
export const AuditScope = z.enum(['sample', 'all'])
export type AuditScope = z.infer<typeof AuditScope>
export const AuditResult = z.enum(['agrees', 'differs'])
export type AuditResult = z.infer<typeof AuditResult>

/** What a point is needed for: the base of a run, content that is read, a verification; or it is being deleted. */
export const pinPurposes = ['base', 'read', 'verify', 'delete'] as const
export type PinPurpose = (typeof pinPurposes)[number]

/**
 * What `backup-vm` is given: ids, what was asked for, and the VM's name for people; no sizes, no secrets. A run that was started by hand passes no door but its
 * own first step, so the shape is checked there.
 */
export const BackupInput = z.object({
  /** Names files, and the snapshot: ours have at most 48 characters. */
  backupId: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/),
  vmContextId: z.string().min(1).max(64),
  repositoryId: z.number().int().positive(),
  requestedType: RequestedBackupType,
  quiesce: Quiesce,
  /** `vm_disks.id`s the operator left out. */
  excludeDisks: z.array(z.string()).readonly(),
  /** Shown in summaries; never used to find anything. */
  vmName: z.string(),
  /** How much of the snapshot is audited before the commit; absent = nothing, unless somebody asks during the run. */
  audit: AuditScope.optional(),
  /** The flow and execution that it is part of. */
  flowId: z.string().min(1).max(64).optional(),
  executionId: z.string().min(1).max(64).optional(),
})
export type BackupInput = Readonly<z.infer<typeof BackupInput>>

/** One backup of one VM, as its row stands. */
export const Backup = z.object({
  id: z.string(),
  vm_context_id: z.string(),
  vm_name: z.string(),
  repository_id: z.number().int(),
  platform_id: z.string(),
  requested_type: RequestedBackupType,
  backup_type: BackupType,
  type_reason: z.string().nullable(),
  status: BackupStatus,
  cleanup: Cleanup,
  quiesce: Quiesce,
  consistency: Consistency.nullable(),
  transport: z.string().nullable(),
  exclude_disks: z.array(z.string()),
  warnings: z.array(z.string()),
  workflow_id: z.string(),
  run_id: z.string().nullable(),
  snapshot_token: z.string(),
  snapshot_reference: z.string().nullable(),
  /** The moment that the point holds, by the platform's clock. */
  snapshot_taken_at: z.iso.datetime().nullable(),
  reserved_bytes: z.number(),
  manifest_path: z.string().nullable(),
  total_bytes: z.number(),
  bytes_read: z.number(),
  bytes_stored: z.number(),
  bytes_skipped: z.number(),
  error_code: z.string().nullable(),
  error_message: z.string().nullable(),
  error_remedy: z.string().nullable(),
  /** When the last verification ended. Without a result it could not be told: the detail says why. */
  verified_at: z.iso.datetime().nullable(),
  verify_result: z.enum(['good', 'damaged']).nullable(),
  verify_detail: z.string().nullable(),
  /** What an audit of change tracking was to read; null where nobody asked for one. */
  audit_scope: AuditScope.nullable(),
  audited_at: z.iso.datetime().nullable(),
  /** `differs`: change tracking did not tell of a block that had changed. */
  audit_result: AuditResult.nullable(),
  audit_detail: z.string().nullable(),
  /** Why it stands still, where nobody asked for that. */
  pause_reason: z.string().nullable(),
  /** The flow and execution that it was part of; null where somebody started it by itself. */
  flow_id: z.string().nullable(),
  execution_id: z.string().nullable(),
  created_by: z.string(),
  created_at: z.iso.datetime(),
  started_at: z.iso.datetime().nullable(),
  completed_at: z.iso.datetime().nullable(),
})
export type Backup = z.infer<typeof Backup>

export const ReadMode = z.enum(['full', 'changed'])
export type ReadMode = z.infer<typeof ReadMode>
export const StoredAs = z.enum(['root', 'overlay'])
export type StoredAs = z.infer<typeof StoredAs>

/** One disk of one backup. `attempt_no` fences movers: only the holder of the current number may write. */
export const BackupDisk = z.object({
  backup_id: z.string(),
  disk_id: z.string(),
  disk_index: z.number().int(),
  label: z.string(),
  device_key: z.number().int(),
  backing_uuid: z.string(),
  source_path: z.string(),
  capacity_bytes: z.number(),
  read_mode: ReadMode,
  read_reason: z.string(),
  stored_as: StoredAs,
  stored_reason: z.string(),
  parent_backup_id: z.string().nullable(),
  change_id: z.string().nullable(),
  attempt_no: z.number().int(),
  status: z.enum(['pending', 'copying', 'copied', 'committed']),
  /** The image's path relative to the VM's directory in the repository. */
  file_name: z.string(),
  bytes_total: z.number(),
  bytes_read: z.number(),
  bytes_stored: z.number(),
  bytes_skipped: z.number(),
  duration_ms: z.number().nullable(),
  audit_result: AuditResult.nullable(),
  audit_detail: z.string().nullable(),
})
export type BackupDisk = z.infer<typeof BackupDisk>
