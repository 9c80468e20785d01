import { Context } from '@temporalio/activity'
import { Failure } from '../../domain/failure.js'
import type { BackupDisk } from '../../domain/backup.js'
import {
  disksOfBackup,
  recordDiskCopied,
  setDiskPlan,
  takeAttempt,
} from '../../drizzle/queries/backup-disks.js'
import { updateBackup } from '../../drizzle/queries/backup-changes.js'
import { openBackupStatuses } from '../../drizzle/queries/backups.js'
import { copy } from '../blocks/copy.js'
import type { CopyProgress, CopyResult } from '../blocks/copy-meter.js'
import { openDigestWriter } from '../blocks/digest-writer.js'
import { openJob } from '../capture/job.js'
import type { Job } from '../capture/job.js'
import { endStrays } from '../processes/end-strays.js'
import { prepareDiskFiles, sealDiskFiles } from '../repository/disk-files.js'
import type { PreparedDiskFiles } from '../repository/disk-files.js'
import { superseded } from '../repository/superseded.js'
import { reserveRoom } from '../repository/reserve-room.js'
import type { CopyDiskInput, RepositorySteps } from '../steps.js'
import type { TransferDependencies } from './dependencies.js'
import { namedByDisk } from './copy-failure.js'
import { openSource, openTarget } from './open-ends.js'
import { planAreas } from './plan-areas.js'

const checkpointEvery = { everyBytes: 128 * 1024 * 1024, everyMs: 5_000 }

/**
 * Safe to run twice: each start takes the next attempt number, which names its exporters and files and guards its
 * writes; an older attempt's are ended first. The image is begun anew.
 */
export const copyDisk =
  (dependencies: TransferDependencies): RepositorySteps['copyDisk'] =>
  async (input) => {
    const started = performance.now()
    const signal = Context.current().cancellationSignal
    const beat = setInterval(() => Context.current().heartbeat(latest.progress), 1000)
    const latest: { progress?: HeartbeatView } = {}
    try {
      using _slot = await dependencies.slots.take(signal)
      const attempt = await beginAttempt(dependencies, input)
      const result = await moveDisk(
        dependencies,
        attempt,
        signal,
        (progress) => (latest.progress = viewOf(progress, attempt.attemptNo)),
      ).catch((error: unknown) => {
        throw namedByDisk(error, attempt.disk.label, Context.current().info.attempt)
      })
      return await recordCopied(dependencies, attempt, result, performance.now() - started)
    } finally {
      clearInterval(beat)
    }
  }

interface Attempt {
  readonly job: Job
  readonly disk: BackupDisk
  readonly attemptNo: number
}

/** What the Temporal UI shows of a running copy; resuming reads the checkpoint file, never this. */
interface HeartbeatView {
  readonly attemptNo: number
  readonly cursor: number
  readonly bytesDone: number
  readonly bytesTotal: number
}

const viewOf = ({ cursor, bytesDone, bytesTotal }: CopyProgress, attemptNo: number): HeartbeatView => ({
  attemptNo,
  cursor,
  bytesDone,
  bytesTotal,
})

async function beginAttempt(
  { db, connections, guard }: TransferDependencies,
  { backupId, diskId }: CopyDiskInput,
): Promise<Attempt> {
  const job = await openJob(db, connections, backupId)
  const attemptNo = await takeAttempt(db, backupId, diskId)
  const disk = (await disksOfBackup(db, backupId)).find((row) => row.disk_id === diskId)
  if (disk === undefined)
    throw new Failure('internal', `Disk ${diskId} is not part of backup ${backupId}`, { retry: false })
  await endStrays({
    stateDir: guard.stateDir,
    shouldEnd: (owner) => owner.jobId === backupId && owner.diskId === diskId && owner.attemptNo < attemptNo,
  })
  return { job, disk, attemptNo }
}

async function moveDisk(
  dependencies: TransferDependencies,
  { job, disk, attemptNo }: Attempt,
  signal: AbortSignal,
  onProgress: (progress: CopyProgress) => void,
): Promise<CopyResult & { files: PreparedDiskFiles }> {
  const { backup, context, connection, source } = job
  const snapshot = await source.findSnapshot(context.instance_uuid, backup.snapshot_token)
  const frozen = snapshot?.disks.find((candidate) => candidate.backingUuid === disk.backing_uuid)
  if (snapshot === undefined || frozen === undefined)
    throw new Failure('snapshot-gone', `The snapshot of ${backup.vm_name} no longer holds ${disk.label}`, {
      retry: false,
      remedy: 'Somebody removed it or changed the disk; start the backup again.',
    })
  const plan = await planAreas(connection, snapshot, frozen)
  const bytesTotal = plan.extents.reduce((all, extent) => all + extent.length, 0)
  await reserveRoom(dependencies.db, { backupId: backup.id, diskId: disk.disk_id, neededBytes: bytesTotal })
  const isCurrent = await setDiskPlan(dependencies.db, {
    backupId: backup.id,
    diskId: disk.disk_id,
    changeId: frozen.changeId,
    readMode: 'full',
    readReason: plan.readReason,
    bytesTotal,
    attemptNo,
  })
  // Right before files are touched: from here on they would be a newer attempt's.
  if (!isCurrent) throw superseded(disk, attemptNo)
  const sizeBytes = frozen.capacityBytes
  const files = await prepareDiskFiles(dependencies, {
    backupId: backup.id,
    diskId: disk.disk_id,
    sizeBytes,
    attemptNo,
  })
  const owner = { jobId: backup.id, diskId: disk.disk_id, attemptNo }
  const reader = await source.diskReader(snapshot, frozen)
  await updateBackup(dependencies.db, backup.id, { transport: reader.transport }, openBackupStatuses)
  await using from = await openSource(dependencies, reader, owner, signal)
  await using to = await openTarget(dependencies, files.image, owner, signal)
  await using digests = await openDigestWriter(files.attemptDigests, { sizeBytes, kind: 'root' })
  await using progress = dependencies.progress.report(owner)
  const result = await copy({
    source: from.end,
    target: to.end,
    extents: plan.extents,
    sizeBytes,
    targetKnownZero: true,
    digests,
    checkpoint: { path: files.checkpoint, ...checkpointEvery },
    signal,
    onProgress: (values) => {
      progress.set(values)
      onProgress(values)
    },
    stallMs: dependencies.stallMs,
  })
  await digests.finish()
  return { ...result, files }
}

async function recordCopied(
  { db }: TransferDependencies,
  { job, disk, attemptNo }: Attempt,
  result: CopyResult & { files: PreparedDiskFiles },
  durationMs: number,
): ReturnType<RepositorySteps['copyDisk']> {
  const isCurrent = await recordDiskCopied(db, {
    backupId: job.backup.id,
    diskId: disk.disk_id,
    attemptNo,
    bytesTotal: result.bytesTotal,
    bytesRead: result.bytesRead,
    bytesStored: result.bytesStored,
    bytesSkipped: Math.max(0, result.bytesDone - result.bytesRead),
    durationMs,
  })
  if (!isCurrent) throw superseded(disk, attemptNo)
  await sealDiskFiles(result.files)
  return { diskId: disk.disk_id, bytesRead: result.bytesRead, bytesStored: result.bytesStored, attemptNo }
}
