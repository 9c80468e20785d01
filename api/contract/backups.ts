import { z } from 'zod'
import {
  AuditResult,
  AuditScope,
  Backup,
  BackupDisk,
  BackupStatus,
  BackupType,
  Quiesce,
  RequestedBackupType,
} from '../../domain/backup.js'
import { backupActions } from '../../domain/rules/backup-actions.js'
import { JobStep } from '../../domain/job-step.js'
import { Progress } from '../../domain/progress.js'
import { Id, IdParams, Name, NumericId, operation, PageFields, Paging } from './operation.js'
import { PlatformTlsMode } from './platforms.js'

/** Which VM: its context's id, or its name where only one VM bears it. */
const vmChoice = { vm_context_id: Id.optional(), vm_name: Name.optional() }
const exactlyOneVm = (value: { vm_context_id?: string | undefined; vm_name?: string | undefined }): boolean =>
  (value.vm_context_id === undefined) !== (value.vm_name === undefined)
const oneVm = { path: ['vm_context_id'], message: 'exactly one of vm_context_id and vm_name must be given' }

export const StartBackupRequest = z
  .strictObject({
    ...vmChoice,
    repository_id: NumericId,
    backup_type: RequestedBackupType.default('auto'),
    /** `vm_disks.id`s to leave out. */
    exclude_disks: z.array(Id).max(64).default([]),
    quiesce: Quiesce.default('prefer'),
    /** Audits change tracking before the point is committed, as `auditBackup` does during the run. */
    audit: AuditScope.optional(),
  })
  .refine(exactlyOneVm, oneVm)
export type StartBackupRequest = z.input<typeof StartBackupRequest>

const carried = Backup.pick({
  vm_context_id: true,
  vm_name: true,
  platform_id: true,
  requested_type: true,
  backup_type: true,
  type_reason: true,
  status: true,
  cleanup: true,
  quiesce: true,
  consistency: true,
  snapshot_taken_at: true,
  transport: true,
  exclude_disks: true,
  warnings: true,
  workflow_id: true,
  run_id: true,
  total_bytes: true,
  bytes_stored: true,
  bytes_skipped: true,
  error_code: true,
  error_remedy: true,
  verified_at: true,
  verify_result: true,
  verify_detail: true,
  audit_scope: true,
  audited_at: true,
  audit_result: true,
  audit_detail: true,
  pause_reason: true,
  flow_id: true,
  execution_id: true,
  created_by: true,
  created_at: true,
  started_at: true,
})

/** Seed 003's BackupJob, and what we know beyond it. `completed_at` and `error_message` are absent until set. */
export const BackupJob = carried.extend({
  id: z.string(),
  backup_id: z.string(),
  repository_id: z.string(),
  /** The point's manifest, as its repository's host knows it; empty until the point stands. */
  file_path: z.string(),
  /** As the platform is set now, which a finished run may have been before. */
  platform_tls_mode: PlatformTlsMode,
  /** Bytes read from the source. */
  bytes_transferred: z.number(),
  completed_at: z.iso.datetime().optional(),
  error_message: z.string().optional(),
  /**
   * Latest values while it runs; how far it came, without samples, when it failed or was cancelled. Null before the
   * first block and once it is completed.
   */
  progress: Progress.nullable(),
})
export type BackupJob = z.infer<typeof BackupJob>

/** A pause and how long it keeps its snapshot; what is not known (any more) is null. */
export const BackupPause = z.object({
  since: z.iso.datetime(),
  /** When the snapshot goes at the latest; null when it has gone already. */
  snapshot_until: z.iso.datetime().nullable(),
})
export type BackupPause = z.infer<typeof BackupPause>

/**
 * `progress` is always there in details; `temporal_url` leads to the workflow in the Temporal UI where there is one;
 * `available_actions` is what its state allows, whatever the asker's role.
 */
export const BackupDetails = BackupJob.extend({
  progress: Progress,
  disks: z.array(BackupDisk),
  steps: z.array(JobStep),
  temporal_url: z.string().nullable(),
  available_actions: z.array(z.enum(backupActions)),
  /** While it is paused. */
  pause: BackupPause.nullable(),
})
export type BackupDetails = z.infer<typeof BackupDetails>

export const AuditRequest = z.strictObject({ scope: AuditScope.default('sample') })
export type AuditRequest = z.input<typeof AuditRequest>

export const BackupList = z.object({ backups: z.array(BackupJob), ...PageFields })
export type BackupList = z.infer<typeof BackupList>

export const BackupFilter = Paging.extend({
  ...vmChoice,
  backup_type: BackupType.optional(),
  status: BackupStatus.optional(),
  repository_id: NumericId.optional(),
})
export type BackupFilter = z.input<typeof BackupFilter>

/** What an audit of one of the chain's points said of the chain's disk. */
export const ChainAudit = z.object({ result: AuditResult, backup_id: z.string(), detail: z.string() })
export type ChainAudit = z.infer<typeof ChainAudit>

/** What a point of a chain is for the disk that was asked for. */
export const ChainPoint = z.object({
  backup_id: z.string(),
  disk: BackupDisk,
  /** Backups stored over any disk of this point, also those under way: while there are any it is not deleted alone. */
  needed_by: z.array(z.string()),
})
export type ChainPoint = z.infer<typeof ChainPoint>

/** One chain of a disk in a repository, in short. */
export const ChainSummary = z.object({
  chain_id: z.string(),
  full_backup_id: z.string(),
  newest_backup_id: z.string(),
  backup_count: z.int(),
  total_size_bytes: z.number(),
  first_point_at: z.iso.datetime(),
  newest_point_at: z.iso.datetime(),
})
export type ChainSummary = z.infer<typeof ChainSummary>

/** Seed 003's BackupChain, and what we know beyond it: `disk_id` is the disk's index within the VM; oldest point first. */
export const BackupChain = ChainSummary.extend({
  vm_context_id: z.string(),
  disk_id: z.int(),
  /** `vm_disks.id`, as paths want it. */
  vm_disk_id: z.string(),
  repository_id: z.string(),
  backups: z.array(BackupJob),
  /** In the order of `backups`. */
  points: z.array(ChainPoint),
  /** All chains of this disk in this repository, this one among them, oldest first. */
  chains: z.array(ChainSummary),
  /** What goes with this chain as a whole: the points of all disks that depend on each other, oldest first. */
  whole: z.object({ backup_ids: z.array(z.string()), bytes_stored: z.number() }),
  /** The newest audit of the chain's disk; null where none of its points was audited. */
  audit: ChainAudit.nullable(),
  /**
   * Points whose content of this disk is in doubt: from one whose audit differs to the next one that was read in full,
   * which is whole again.
   */
  suspect_backup_ids: z.array(z.string()),
})
export type BackupChain = z.infer<typeof BackupChain>

export const ChainQuery = z
  .object({
    ...vmChoice,
    /** The disk's index or its id; default: the first disk. */
    disk_id: Id.optional(),
    /** Default: the repository of the newest point. */
    repository_id: NumericId.optional(),
    /** The chain that holds this point; default: the newest chain. */
    backup_id: Id.optional(),
  })
  .refine(exactlyOneVm, oneVm)
export type ChainQuery = z.input<typeof ChainQuery>

export const DeleteQuery = z.object({
  /** `true`: all points that are connected with this one by parent links, newest first, or none of them. */
  chain: z.enum(['true', 'false']).default('false'),
})
export type DeleteQuery = z.input<typeof DeleteQuery>

/** The work was handed over and goes on. */
export const BackupAccepted = z.object({ backup_id: z.string(), workflow_id: z.string() })
export type BackupAccepted = z.infer<typeof BackupAccepted>

export const startBackup = operation({
  name: 'startBackup',
  method: 'POST',
  path: '/backups',
  summary: 'Starts a backup of one VM; honours Idempotency-Key',
  tag: 'backups',
  role: 'operator',
  body: StartBackupRequest,
  responses: { 202: BackupJob },
})

export const listBackups = operation({
  name: 'listBackups',
  method: 'GET',
  path: '/backups',
  summary: 'Backups, newest first',
  tag: 'backups',
  role: 'viewer',
  query: BackupFilter,
  responses: { 200: BackupList },
})

export const getBackupChain = operation({
  name: 'getBackupChain',
  method: 'GET',
  path: '/backups/chain',
  summary: 'The chain of points of one disk in one repository',
  tag: 'backups',
  role: 'viewer',
  query: ChainQuery,
  responses: { 200: BackupChain },
})

export const getBackup = operation({
  name: 'getBackup',
  method: 'GET',
  path: '/backups/{id}',
  summary: 'One backup with its disks, steps and live progress',
  tag: 'backups',
  role: 'viewer',
  params: IdParams,
  responses: { 200: BackupDetails },
})

export const deleteBackup = operation({
  name: 'deleteBackup',
  method: 'DELETE',
  path: '/backups/{id}',
  summary:
    'Deletes a point that no other depends on, or its whole chain; 409 while one is in use, 202 when it takes longer than 30 seconds',
  tag: 'backups',
  role: 'operator',
  params: IdParams,
  query: DeleteQuery,
  responses: { 202: BackupAccepted, 204: null },
})

export const cancelBackup = operation({
  name: 'cancelBackup',
  method: 'POST',
  path: '/backups/{id}/cancel',
  summary: 'Asks a backup to stop and to leave nothing behind',
  tag: 'backups',
  role: 'operator',
  params: IdParams,
  responses: { 202: BackupAccepted },
})

export const pauseBackup = operation({
  name: 'pauseBackup',
  method: 'POST',
  path: '/backups/{id}/pause',
  summary: 'Pauses a backup while it copies disks; its snapshot is kept for a limited time',
  tag: 'backups',
  role: 'operator',
  params: IdParams,
  responses: { 202: BackupAccepted },
})

export const resumeBackup = operation({
  name: 'resumeBackup',
  method: 'POST',
  path: '/backups/{id}/resume',
  summary: 'Resumes a paused backup where its copy stood, or anew if its snapshot is gone',
  tag: 'backups',
  role: 'operator',
  params: IdParams,
  responses: { 202: BackupAccepted },
})

export const auditBackup = operation({
  name: 'auditBackup',
  method: 'POST',
  path: '/backups/{id}/audit',
  summary:
    'Has a backup that runs read a sample or all of its snapshot and compare it with what change tracking claimed',
  tag: 'backups',
  role: 'operator',
  params: IdParams,
  body: AuditRequest,
  responses: { 202: BackupAccepted },
})

export const verifyBackup = operation({
  name: 'verifyBackup',
  method: 'POST',
  path: '/backups/{id}/verify',
  summary: 'Reads a point again and compares it with its digests',
  tag: 'backups',
  role: 'operator',
  params: IdParams,
  responses: { 202: BackupAccepted },
})

export const getDiskContent = operation({
  name: 'getDiskContent',
  method: 'GET',
  path: '/backups/{id}/disks/{disk_id}/content',
  summary: "A disk's bytes at this point, raw; takes a single Range",
  tag: 'backups',
  role: 'operator',
  params: IdParams.extend({ disk_id: Id }),
  responses: { 200: null, 206: null },
  media: 'application/octet-stream',
})

/** The seeds' singular paths: the same handlers. */
const alias = <const O extends { name: string; summary: string }, const P extends string>(
  entry: O,
  path: P,
) => ({
  ...entry,
  name: `${entry.name}Alias`,
  path,
  summary: `${entry.summary} (alias)`,
})
export const startBackupAlias = alias(startBackup, '/backup/start')
export const listBackupsAlias = alias(listBackups, '/backup/list')
export const getBackupChainAlias = alias(getBackupChain, '/backup/chain')
export const getBackupAlias = alias(getBackup, '/backup/{id}')
export const deleteBackupAlias = alias(deleteBackup, '/backup/{id}')
