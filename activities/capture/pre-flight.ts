import { Failure } from '../../domain/failure.js'
import { decidePreFlight } from '../../domain/rules/pre-flight.js'
import { planDisks } from '../../domain/rules/plan-disks.js'
import type { BasePoint, PlannedStorage } from '../../domain/rules/plan-disks.js'
import type { Backup, BackupDisk } from '../../domain/backup.js'
import type { DiscoveredDisk } from '../../domain/vm.js'
import type { VmDisk } from '../../domain/vm-context.js'
import type { Db } from '../../drizzle/open.js'
import { disksOfBackup } from '../../drizzle/queries/backup-disks.js'
import { updateBackup } from '../../drizzle/queries/backup-changes.js'
import { chainOf, openBackupStatuses } from '../../drizzle/queries/backups.js'
import { flowEvenDeleted } from '../../drizzle/queries/flows.js'
import { disksOf } from '../../drizzle/queries/vm-contexts.js'
import type { PinDependencies } from '../catalog/pins.js'
import { relativeDiskFiles } from '../repository/layout.js'
import { vmDirectoryOf } from '../repository/point.js'
import type { CaptureSteps } from '../steps.js'
import type { CaptureDependencies } from './dependencies.js'
import { discoveredForJob, openJob } from './job.js'
import { planOverBases } from './plan-over-bases.js'

/**
 * Safe to run twice: disk rows are inserted once, keyed by job and disk, and what they say is the plan. Decides which
 * disks are backed up, and over which points, and pins those until the run ends.
 */
export const preFlight =
  ({
    db,
    client,
    connections,
    fullEvery,
    now,
  }: CaptureDependencies & PinDependencies): CaptureSteps['preFlight'] =>
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
    const chain = await fullEveryOf(db, backup, fullEvery)
    const eligible = decision.disks.map((disk) => ({ disk, record: recordOf(disk, known) }))
    const plan = await planOverBases({ db, client }, backup, await basePoints(db, backup), (points) => {
      const plan = planDisks({
        requested: backup.requested_type,
        disks: eligible.map(({ disk, record }) => ({
          diskId: record.id,
          capacityBytes: disk.capacity_bytes,
        })),
        points,
        fullEvery: chain,
        now: now(),
      })
      const rows = eligible.map(({ disk, record }, index) =>
        diskRow(backupId, disk, record, plan.disks[index]),
      )
      return { plan, rows }
    })
    const rows = await disksOfBackup(db, backupId)
    const backupType = rows.some((row) => row.stored_as === 'overlay') ? 'incremental' : 'full'
    await updateBackup(
      db,
      backupId,
      {
        vm_name: vm.name,
        backup_type: backupType,
        type_reason: plan.reason,
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
      backupType,
      reason: plan.reason,
      warnings: decision.warnings.length,
    }
  }

/** How long chains grow: by the flow that the run is part of, else by the worker's settings. */
async function fullEveryOf(
  db: Db,
  { flow_id: flowId }: Backup,
  usual: CaptureDependencies['fullEvery'],
): Promise<CaptureDependencies['fullEvery']> {
  const flow = flowId === null ? undefined : await flowEvenDeleted(db, flowId)
  return flow === undefined ? usual : { days: flow.full_every_days, points: flow.full_every_points }
}

/** The points that an increment may lie on: those of the same VM whose files are where this one's will be. */
async function basePoints(db: Db, backup: Backup): Promise<BasePoint[]> {
  const points = await chainOf(db, {
    vmContextId: backup.vm_context_id,
    repositoryId: backup.repository_id,
  })
  return points
    .filter((point) => vmDirectoryOf(point) === backup.vm_context_id)
    .map((point) => ({
      backupId: point.backup.id,
      takenAt: new Date(point.backup.snapshot_taken_at ?? point.backup.created_at),
      isDamaged: point.backup.verify_result === 'damaged',
      disks: point.disks.map((disk) => ({
        diskId: disk.disk_id,
        capacityBytes: disk.capacity_bytes,
        parentBackupId: disk.parent_backup_id,
      })),
    }))
    .reverse()
}

function recordOf(disk: DiscoveredDisk, known: readonly VmDisk[]): VmDisk {
  const record = known.find((candidate) => candidate.backing_uuid === disk.backing_uuid)
  if (record !== undefined) return record
  throw new Failure('internal', `Disk ${disk.label} (${disk.backing_uuid}) was discovered but not recorded`, {
    retry: true,
  })
}

function diskRow(
  backupId: string,
  disk: DiscoveredDisk,
  record: VmDisk,
  stored: PlannedStorage | undefined,
): BackupDisk {
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
    read_reason: 'decided when the copy begins',
    stored_as: stored?.storedAs ?? 'root',
    stored_reason: stored?.storedReason ?? '',
    parent_backup_id: stored?.parentBackupId ?? null,
    change_id: null,
    attempt_no: 0,
    status: 'pending',
    file_name: relativeDiskFiles(record.id, backupId).file,
    bytes_total: 0,
    bytes_read: 0,
    bytes_stored: 0,
    bytes_skipped: 0,
    duration_ms: null,
    audit_result: null,
    audit_detail: null,
  }
}
