import type { Backup, BackupDisk } from '../../domain/backup.js'
import { Failure } from '../../domain/failure.js'
import type { Manifest, ManifestDisk } from '../../domain/manifest.js'
import type { Platform } from '../../domain/platform.js'
import type { Repository } from '../../domain/repository.js'
import type { DiscoveredVm } from '../../domain/vm.js'
import { relativeDiskFiles } from './layout.js'

export interface ManifestFacts {
  readonly installationId: string
  readonly repository: Repository
  readonly platform: Platform
  readonly backup: Backup
  readonly disks: readonly BackupDisk[]
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
    snapshot_taken_at: snapshotTakenAt(backup),
    created_at: backup.created_at,
    started_at: started,
    left_out: leftOut(vm, disks),
    warnings: backup.warnings,
    disks: disks.map((disk) => manifestDisk(disk, facts.seals)),
    tools: { ...facts.tools },
  }
}

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
    bytes_read: disk.bytes_read,
    bytes_stored: disk.bytes_stored,
  }
}

/** Disks of the VM that are not in the point: those a snapshot cannot hold, and those the operator left out. */
const leftOut = (vm: DiscoveredVm, disks: readonly BackupDisk[]): Manifest['left_out'] => {
  const taken = new Set(disks.map((disk) => disk.backing_uuid))
  return vm.disks
    .filter((disk) => !taken.has(disk.backing_uuid))
    .map((disk) => ({
      label: disk.label,
      backing_uuid: disk.backing_uuid,
      reason: disk.left_out ?? 'excluded by the operator',
    }))
}

// Where the row does not keep the snapshot's own time, the start stands for it: a point is never claimed newer than it is.
const snapshotTakenAt = (backup: Backup & { readonly snapshot_taken_at?: string | null }): string =>
  backup.snapshot_taken_at ?? backup.started_at ?? backup.created_at

const missing = (backupId: string, why: string): never => {
  throw incomplete(backupId, why)
}

const incomplete = (backupId: string, why: string): Failure =>
  new Failure('internal', `Point ${backupId} cannot be committed: ${why}`, {
    retry: false,
    facts: { backup_id: backupId },
    remedy: 'Nothing was committed. Start the backup again.',
  })
