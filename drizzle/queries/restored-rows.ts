import { RequestedBackupType } from '../../domain/backup.js'
import type { Backup, BackupDisk } from '../../domain/backup.js'
import type { Manifest, ManifestDisk } from '../../domain/manifest.js'
import type { VmDisk } from '../../domain/vm-context.js'
import { Failure } from '../../domain/failure.js'
import { snapshotToken, workflowIds } from '../../domain/rules/names.js'
import type { FoundPoint } from './rescan.js'

const sum = (disks: readonly ManifestDisk[], bytes: (disk: ManifestDisk) => number): number =>
  disks.reduce((total, disk) => total + bytes(disk), 0)

/** A completed backup's row, from nothing but its manifest. */
export const restoredBackup = (
  found: FoundPoint,
  platformId: string,
  contextId: string,
  known: readonly VmDisk[],
): Backup => {
  const { manifest } = found
  return {
    id: manifest.backup_id,
    vm_context_id: contextId,
    vm_name: manifest.vm.name,
    repository_id: found.repositoryId,
    platform_id: platformId,
    requested_type: RequestedBackupType.safeParse(manifest.requested_type).data ?? 'auto',
    backup_type: manifest.backup_type,
    type_reason: manifest.type_reason,
    status: 'completed',
    cleanup: 'done',
    quiesce: manifest.quiesce,
    consistency: manifest.consistency,
    transport: manifest.transport,
    exclude_disks: excluded(manifest, known),
    warnings: manifest.warnings,
    workflow_id: workflowIds.backup(contextId),
    run_id: manifest.run_id,
    snapshot_token: snapshotToken(manifest.installation_id, manifest.backup_id),
    snapshot_reference: null,
    snapshot_taken_at: manifest.snapshot_taken_at,
    reserved_bytes: 0,
    manifest_path: found.manifestPath,
    total_bytes: sum(manifest.disks, (disk) => disk.capacity_bytes),
    bytes_read: sum(manifest.disks, (disk) => disk.bytes_read),
    bytes_stored: sum(manifest.disks, (disk) => disk.bytes_stored),
    bytes_skipped: sum(manifest.disks, (disk) => disk.bytes_skipped),
    error_code: null,
    error_message: null,
    error_remedy: null,
    verified_at: null,
    verify_result: null,
    verify_detail: null,
    audit_scope: manifest.audit?.scope ?? null,
    audited_at: manifest.audit?.audited_at ?? null,
    audit_result: manifest.audit?.result ?? null,
    audit_detail: manifest.audit?.detail ?? null,
    pause_reason: null,
    flow_id: null,
    execution_id: null,
    created_by: manifest.created_by,
    created_at: manifest.created_at,
    started_at: manifest.started_at,
    // A manifest does not say when it was committed; the moment that it holds is the honest one.
    completed_at: manifest.snapshot_taken_at,
  }
}

/** The ids that the operator named, as the catalogue calls those disks now: a VM registered anew has new ones. */
const excluded = (manifest: Manifest, known: readonly VmDisk[]): string[] =>
  manifest.exclude_disks.map((id) => {
    const leftOut = manifest.left_out.find((disk) => disk.disk_id === id)
    return known.find((disk) => disk.backing_uuid === leftOut?.backing_uuid)?.id ?? id
  })

/** A committed disk's row. */
export const restoredDisk = (
  manifest: Manifest,
  disk: ManifestDisk,
  known: VmDisk | undefined,
): BackupDisk => {
  if (known === undefined) throw strayDisk(manifest.backup_id, disk.disk_id)
  return {
    backup_id: manifest.backup_id,
    disk_id: known.id,
    disk_index: known.disk_index,
    label: disk.label,
    device_key: disk.device_key,
    backing_uuid: disk.backing_uuid,
    // Where it lay for this very point; the disk may have moved since.
    source_path: manifest.vm.disks.find((one) => one.backing_uuid === disk.backing_uuid)?.path ?? known.path,
    capacity_bytes: disk.capacity_bytes,
    read_mode: disk.read_mode,
    read_reason: disk.read_reason,
    stored_as: disk.stored_as,
    stored_reason: disk.stored_reason,
    parent_backup_id: disk.parent_backup_id,
    change_id: disk.change_id,
    attempt_no: disk.attempt_no,
    status: 'committed',
    file_name: disk.file,
    bytes_total: disk.bytes_total,
    bytes_read: disk.bytes_read,
    bytes_stored: disk.bytes_stored,
    bytes_skipped: disk.bytes_skipped,
    duration_ms: disk.duration_ms,
    audit_result: disk.audit_result,
    audit_detail: disk.audit_detail,
  }
}

const strayDisk = (backup: string, disk: string): Failure =>
  new Failure(
    'point-damaged',
    `The manifest of backup ${backup} names disk ${disk}, which it does not describe`,
    {
      retry: false,
      facts: { backup, disk },
    },
  )
