import { Context } from '@temporalio/activity'
import { Failure } from '../../domain/failure.js'
import { disksOfBackup, recordDiskCopied, takeAttempt } from '../../drizzle/queries/backup-disks.js'
import type { CopyResult } from '../blocks/copy-meter.js'
import { openJob } from '../capture/job.js'
import { endStrays } from '../processes/end-strays.js'
import { sealDiskFiles } from '../repository/disk-files.js'
import { openPoint } from '../repository/point.js'
import type { CopiedDisk, CopyDiskInput, RepositorySteps } from '../steps.js'
import { superseded } from '../repository/superseded.js'
import { namedByDisk, newFailedPlaces } from './copy-failure.js'
import type { TransferDependencies } from './dependencies.js'
import { openEndLog } from './end-log.js'
import { createHeartbeat } from './heartbeat.js'
import { moveDisk } from './move-disk.js'
import type { Attempt } from './attempt.js'
import { roomRanOut } from './room-ran-out.js'

/**
 * Safe to run twice: each start takes the next attempt number, which names its exporters and files and guards its
 * writes; an older attempt's exporters are ended first, and what it made durable is gone on from. Cancelled, it leaves
 * its files: whoever cancels discards them, or lets a later attempt go on. Where the repository is full it throws
 * `repository-full` with the numbers, and leaves its files, too.
 */
export const copyDisk =
  (dependencies: TransferDependencies, places = newFailedPlaces()): RepositorySteps['copyDisk'] =>
  async (input) => {
    const copy = `${input.backupId} ${input.diskId}`
    const started = performance.now()
    const signal = Context.current().cancellationSignal
    const heartbeat = createHeartbeat(dependencies.now)
    const beat = setInterval(() => Context.current().heartbeat(heartbeat.view()), 1000)
    try {
      const before = await finishedBefore(dependencies, input)
      if (before !== undefined) return before
      using _slot = await dependencies.slots.take(signal)
      const attempt = await beginAttempt(dependencies, input)
      await using ends = openEndLog(dependencies, attempt, Context.current().info)
      const result = await moveDisk(dependencies, attempt, signal, {
        onProgress: (progress) => heartbeat.progress(attempt.attemptNo, progress),
        onCheckpoint: heartbeat.checkpoint,
        ends,
      }).catch((error: unknown) => {
        throw namedByDisk(error, attempt.disk.label, places.times(copy, error))
      })
      places.forget(copy)
      return await recordCopied(dependencies, attempt, result, performance.now() - started)
    } catch (error) {
      throw await roomRanOut(dependencies.db, input.backupId, error)
    } finally {
      clearInterval(beat)
    }
  }

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

async function recordCopied(
  { db }: TransferDependencies,
  { job, disk, attemptNo }: Attempt,
  result: CopyResult,
  durationMs: number,
): Promise<CopiedDisk> {
  const { backup } = job
  const isCurrent = await recordDiskCopied(db, {
    backupId: backup.id,
    diskId: disk.disk_id,
    attemptNo,
    bytesTotal: result.bytesTotal,
    bytesRead: result.bytesRead,
    bytesStored: result.bytesStored,
    bytesSkipped: Math.max(0, result.bytesDone - result.bytesRead),
    durationMs,
  })
  if (!isCurrent) throw superseded(disk, attemptNo)
  const { repository } = await openPoint(db, backup.id)
  const seal = { vmContextId: backup.vm_context_id, diskId: disk.disk_id, backupId: backup.id, attemptNo }
  if (!(await sealDiskFiles(repository.path, seal)))
    throw new Failure('point-damaged', `The digests of ${disk.label} are gone from ${repository.name}`, {
      retry: true,
      remedy: 'Nothing has to be done: the disk is copied again.',
    })
  return {
    diskId: disk.disk_id,
    bytesRead: result.bytesRead,
    bytesStored: result.bytesStored,
    attemptNo,
  }
}

/** What an earlier attempt finished but could not report any more. Undefined where there is something left to do. */
async function finishedBefore(
  { db }: TransferDependencies,
  { backupId, diskId }: CopyDiskInput,
): Promise<CopiedDisk | undefined> {
  const { backup, disks, repository } = await openPoint(db, backupId)
  const disk = disks.find((row) => row.disk_id === diskId)
  if (disk?.status !== 'copied') return undefined
  const attemptNo = disk.attempt_no
  const seal = { vmContextId: backup.vm_context_id, diskId, backupId, attemptNo }
  if (!(await sealDiskFiles(repository.path, seal))) return undefined
  return { diskId, bytesRead: disk.bytes_read, bytesStored: disk.bytes_stored, attemptNo }
}
