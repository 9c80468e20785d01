import { z } from 'zod'
import { AuditResult, AuditScope, BackupType, Consistency, Quiesce, ReadMode, StoredAs } from './backup.js'
import { DiscoveredVm } from './vm.js'

/** One disk of a point; paths are relative to the VM's directory in the repository. */
export const ManifestDisk = z.object({
  disk_id: z.string(),
  disk_index: z.number().int(),
  backing_uuid: z.string(),
  device_key: z.number().int(),
  label: z.string(),
  capacity_bytes: z.number().int(),
  file: z.string(),
  digests: z.string(),
  digest_seal: z.string(),
  change_id: z.string().nullable(),
  read_mode: ReadMode,
  read_reason: z.string(),
  stored_as: StoredAs,
  stored_reason: z.string(),
  parent_backup_id: z.string().nullable(),
  attempt_no: z.number().int(),
  bytes_total: z.number(),
  bytes_read: z.number(),
  bytes_stored: z.number(),
  bytes_skipped: z.number(),
  duration_ms: z.number().nullable(),
  /** Points made before audits existed say nothing of them. */
  audit_result: AuditResult.nullable().default(null),
  audit_detail: z.string().nullable().default(null),
})
export type ManifestDisk = z.infer<typeof ManifestDisk>

/** A disk of the VM that the point does not hold, and why. */
export const ManifestLeftOut = z.object({
  disk_id: z.string(),
  disk_index: z.number().int(),
  backing_uuid: z.string(),
  label: z.string(),
  reason: z.string(),
})
export type ManifestLeftOut = z.infer<typeof ManifestLeftOut>

/**
 * `points/<backup id>.json`: the point itself. What is not in a manifest does not exist; a database can be
 * rebuilt from manifests alone.
 */
export const Manifest = z.object({
  format: z.literal('sendense-point'),
  version: z.literal(1),
  backup_id: z.string(),
  installation_id: z.string(),
  repository_marker: z.string(),
  vm_context_id: z.string(),
  platform: z.object({ id: z.string(), kind: z.string(), name: z.string(), host: z.string() }),
  vm: DiscoveredVm,
  backup_type: BackupType,
  type_reason: z.string().nullable(),
  requested_type: z.string(),
  quiesce: Quiesce,
  consistency: Consistency,
  transport: z.string(),
  snapshot_taken_at: z.iso.datetime(),
  created_at: z.iso.datetime(),
  created_by: z.string(),
  started_at: z.iso.datetime(),
  run_id: z.string().nullable(),
  /** Disk ids that the operator named, whether the VM still has them or not. */
  exclude_disks: z.array(z.string()),
  left_out: z.array(ManifestLeftOut),
  warnings: z.array(z.string()),
  audit: z
    .object({
      scope: AuditScope,
      audited_at: z.iso.datetime(),
      result: AuditResult.nullable(),
      detail: z.string(),
    })
    .nullable()
    .default(null),
  disks: z.array(ManifestDisk).min(1),
  tools: z.record(z.string(), z.string()),
})
export type Manifest = z.infer<typeof Manifest>
