import { Failure } from '../../domain/failure.js'
import { decidePreFlight } from '../../domain/rules/pre-flight.js'
import type { BackupDisk } from '../../domain/backup.js'
import type { DiscoveredDisk } from '../../domain/vm.js'
import type { VmDisk } from '../../domain/vm-context.js'
import { insertDisks } from '../../drizzle/queries/backup-disks.js'
import { updateBackup } from '../../drizzle/queries/backup-changes.js'
import { openBackupStatuses } from '../../drizzle/queries/backups.js'
import { disksOf } from '../../drizzle/queries/vm-contexts.js'
import { relativeDiskFiles } from '../repository/layout.js'
import type { CaptureSteps } from '../steps.js'
import type { CaptureDependencies } from './dependencies.js'
import { discoveredForJob, openJob } from './job.js'

const whyFull = 'no earlier point is used as a base: this version takes full backups'

/** Safe to run twice: disk rows are inserted once, keyed by job and disk; the plan follows from the discovery. */
export const preFlight =
  ({ db, connections }: CaptureDependencies): CaptureSteps['preFlight'] =>
  async ({ backupId }) => {
    const { backup, connection } = await openJob(db, connections, backupId)
    const vm = await discoveredForJob(db, backupId)
    const known = await disksOf(db, backup.vm_context_id)
    const excluded = new Set(
      known.filter((disk) => backup.exclude_disks.includes(disk.id)).map((disk) => disk.backing_uuid),
    )
    const decision = decidePreFlight(vm, await connection.inventory.datastoresOf(vm), excluded)
    if (decision.kind === 'refused')
      throw new Failure(decision.code, decision.reason, { retry: false, remedy: decision.remedy })
    const rows = decision.disks.map((disk) => diskRow(backupId, disk, known))
    await insertDisks(db, rows)
    await updateBackup(
      db,
      backupId,
      {
        vm_name: vm.name,
        backup_type: 'full',
        type_reason: whyFull,
        warnings: [...decision.warnings],
        total_bytes: rows.reduce((all, disk) => all + disk.capacity_bytes, 0),
      },
      openBackupStatuses,
    )
    return {
      disks: rows.map((row) => ({
        diskId: row.disk_id,
        label: row.label,
        key: row.device_key,
        capacityBytes: row.capacity_bytes,
      })),
      leftOut: decision.leftOut.map(({ disk }) => disk.label),
      backupType: 'full',
      reason: whyFull,
      warnings: decision.warnings.length,
    }
  }

function diskRow(backupId: string, disk: DiscoveredDisk, known: readonly VmDisk[]): BackupDisk {
  const record = known.find((candidate) => candidate.backing_uuid === disk.backing_uuid)
  if (record === undefined)
    throw new Failure(
      'internal',
      `Disk ${disk.label} (${disk.backing_uuid}) was discovered but not recorded`,
      { retry: true },
    )
  return {
    backup_id: backupId,
    disk_id: record.id,
    disk_index: record.disk_index,
    label: disk.label,
    device_key: disk.key,
    backing_uuid: disk.backing_uuid,
    source_path: disk.path,
    capacity_bytes: disk.capacity_bytes,
    read_mode: 'full',
    read_reason: whyFull,
    stored_as: 'root',
    stored_reason: 'a full backup starts a chain',
    parent_backup_id: null,
    change_id: null,
    attempt_no: 0,
    status: 'pending',
    file_name: relativeDiskFiles(record.id, backupId).file,
    bytes_total: 0,
    bytes_read: 0,
    bytes_stored: 0,
    bytes_skipped: 0,
    duration_ms: null,
  }
}
