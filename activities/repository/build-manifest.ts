import type { Backup, BackupDisk } from '../../domain/backup.js'
import { Failure } from '../../domain/failure.js'
import type { Manifest, ManifestDisk, ManifestLeftOut } from '../../domain/manifest.js'
import type { Platform } from '../../domain/platform.js'
import type { Repository } from '../../domain/repository.js'
import type { DiscoveredDisk, DiscoveredVm } from '../../domain/vm.js'
import type { VmDisk } from '../../domain/vm-context.js'
import { relativeDiskFiles } from './layout.js'

export interface ManifestFacts {
  readonly installationId: string
  readonly repository: Repository
  readonly platform: Platform
  readonly backup: Backup
  readonly disks: readonly BackupDisk[]
  /** What the catalogue calls the VM's disks, those that are not in the point too. */
  readonly known: readonly VmDisk[]
  /** The VM as it was discovered for this very backup. */
  readonly vm: DiscoveredVm
  /** Fingerprints of the digest files, by disk id. */
  readonly seals: ReadonlyMap<string, string>
  readonly tools: Readonly<Record<string, string>>
}

/** The point's manifest out of its rows. Pure: the same rows give the same manifest. */
export const buildManifest = (facts: ManifestFacts): Manifest => {
  const { backup, repository, platform, vm, disks } = facts
  if (disks.length === 0) throw incomplete(backup.id, 'it has no disks')
  const started = backup.started_at ?? backup.created_at
  return {
    format: 'sendense-point',
    version: 1,
    backup_id: backup.id,
    installation_id: facts.installationId,
    repository_marker: repository.marker,
    vm_context_id: backup.vm_context_id,
    platform: { id: platform.id, kind: platform.kind, name: platform.name, host: platform.host },
    vm,
    backup_type: backup.backup_type,
    type_reason: backup.type_reason,
    requested_type: backup.requested_type,
    quiesce: backup.quiesce,
    consistency: backup.consistency ?? missing(backup.id, 'its snapshot has no recorded consistency'),
    transport: backup.transport ?? platform.transport,
    // Where the row does not have it, the start stands for it: a point is never claimed newer than it is.
    snapshot_taken_at: backup.snapshot_taken_at ?? started,
    created_at: backup.created_at,
    created_by: backup.created_by,
    started_at: started,
    run_id: backup.run_id,
    exclude_disks: backup.exclude_disks,
    left_out: leftOut(facts),
    warnings: backup.warnings,
    audit: auditOf(backup),
    disks: disks.map((disk) => manifestDisk(disk, facts.seals)),
    tools: { ...facts.tools },
  }
}

const auditOf = ({ audit_scope, audited_at, audit_result, audit_detail }: Backup): Manifest['audit'] =>
  audit_scope === null || audited_at === null
    ? null
    : { scope: audit_scope, audited_at, result: audit_result, detail: audit_detail ?? '' }

const manifestDisk = (disk: BackupDisk, seals: ReadonlyMap<string, string>): ManifestDisk => {
  // A row still copying under a commit would make a point of half a disk.
  if (disk.status !== 'copied' && disk.status !== 'committed')
    throw incomplete(disk.backup_id, `${disk.label} is ${disk.status}`)
  return {
    disk_id: disk.disk_id,
    disk_index: disk.disk_index,
    backing_uuid: disk.backing_uuid,
    device_key: disk.device_key,
    label: disk.label,
    capacity_bytes: disk.capacity_bytes,
    ...relativeDiskFiles(disk.disk_id, disk.backup_id),
    digest_seal: seals.get(disk.disk_id) ?? missing(disk.backup_id, `${disk.label} has no digests`),
    change_id: disk.change_id,
    read_mode: disk.read_mode,
    read_reason: disk.read_reason,
    stored_as: disk.stored_as,
    stored_reason: disk.stored_reason,
    parent_backup_id: disk.parent_backup_id,
    attempt_no: disk.attempt_no,
    bytes_total: disk.bytes_total,
    bytes_read: disk.bytes_read,
    bytes_stored: disk.bytes_stored,
    bytes_skipped: disk.bytes_skipped,
    duration_ms: disk.duration_ms,
    audit_result: disk.audit_result,
    audit_detail: disk.audit_detail,
  }
}

/** Disks of the VM that are not in the point: those a snapshot cannot hold, and those the operator left out. */
const leftOut = (facts: ManifestFacts): ManifestLeftOut[] => {
  const taken = new Set(facts.disks.map((disk) => disk.backing_uuid))
  return facts.vm.disks
    .filter((disk) => !taken.has(disk.backing_uuid))
    .map((disk) => leftOutDisk(facts, disk))
}

const leftOutDisk = ({ backup, known }: ManifestFacts, disk: DiscoveredDisk): ManifestLeftOut => {
  const row =
    known.find((one) => one.backing_uuid === disk.backing_uuid) ??
    missing(backup.id, `${disk.label} was discovered but not recorded`)
  // What the operator excluded is not warned of, whatever else it is.
  const isExcluded = backup.exclude_disks.includes(row.id)
  return {
    disk_id: row.id,
    disk_index: row.disk_index,
    backing_uuid: disk.backing_uuid,
    label: disk.label,
    reason: isExcluded ? 'excluded by the operator' : (disk.left_out ?? 'not in the plan'),
  }
}

const missing = (backupId: string, why: string): never => {
  throw incomplete(backupId, why)
}

const incomplete = (backupId: string, why: string): Failure =>
  new Failure('internal', `Point ${backupId} cannot be committed: ${why}`, {
    retry: false,
    facts: { backup_id: backupId },
    remedy: 'Nothing was committed. Start the backup again.',
  })
