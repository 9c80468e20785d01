import type { BackupDisk } from '../../domain/backup.js'
import { Failure } from '../../domain/failure.js'
import { doubtOfDisk } from '../../drizzle/queries/backup-audits.js'
import { isCurrentAttempt } from '../../drizzle/queries/backup-disks.js'
import { updateBackup } from '../../drizzle/queries/backup-changes.js'
import { openBackupStatuses } from '../../drizzle/queries/backups.js'
import { planHash } from '../blocks/checkpoint.js'
import { copy } from '../blocks/copy.js'
import type { CopyProgress, CopyResult } from '../blocks/copy-meter.js'
import { openDigestWriter, resumeDigestWriter } from '../blocks/digest-writer.js'
import type { DigestWriter } from '../blocks/digests.js'
import { DigestFileError } from '../blocks/errors.js'
import { totalBytes, widenExtents } from '../blocks/extents.js'
import type { Job } from '../capture/job.js'
import type { SnapshotDisk } from '../platforms/platform.js'
import { writeAreas } from '../repository/areas-file.js'
import { prepareDiskFiles } from '../repository/disk-files.js'
import type { PreparedDiskFiles } from '../repository/disk-files.js'
import { openBase } from '../repository/open-base.js'
import type { OpenBase } from '../repository/open-base.js'
import { openPoint } from '../repository/point.js'
import { reserveRoom } from '../repository/reserve-room.js'
import { superseded } from '../repository/superseded.js'
import type { TransferDependencies } from './dependencies.js'
import type { EndLog } from './end-log.js'
import { createFence } from './fence.js'
import type { Fence } from './fence.js'
import { frozenDisk } from './frozen-disk.js'
import { openSource, openTarget } from './open-ends.js'
import { planAreas } from './plan-areas.js'
import type { PlannedAreas } from './plan-areas.js'

/** One attempt to copy one disk of a job. */
export interface Attempt {
  readonly job: Job
  readonly disk: BackupDisk
  readonly attemptNo: number
}

/** Who hears how the copy comes on. */
export interface MoveWatch {
  readonly onProgress: (progress: CopyProgress) => void
  /** All below the cursor is durable. */
  readonly onCheckpoint: (cursor: number) => void
  readonly ends: EndLog
}

/**
 * Brings a disk of the job's snapshot into its image, over its base where there is one, from the last durable block of
 * an earlier attempt; an end that is lost on the way is opened again. Rejects with the signal's reason when it is
 * cancelled; what is durable then stays.
 */
export async function moveDisk(
  dependencies: TransferDependencies,
  attempt: Attempt,
  signal: AbortSignal,
  watch: MoveWatch,
): Promise<CopyResult> {
  const { job, disk, attemptNo } = attempt
  const { snapshot, frozen } = await frozenDisk(attempt)
  const found = await openBase(await openPoint(dependencies.db, job.backup.id), disk)
  await using base = found?.kind === 'base' ? found : undefined
  const areas = await planAreas(
    job.connection,
    snapshot,
    frozen,
    base,
    await doubtOf(dependencies, attempt, base),
  )
  const brokenBase = found?.kind === 'broken' ? found.why : undefined
  await recordPlan(dependencies, attempt, frozen, areas, brokenBase)

  const sizeBytes = frozen.capacityBytes
  // Another snapshot, base or set of areas is another copy: nothing of it is gone on from.
  const identity = [snapshot.reference, frozen.changeId, base?.backupId, areas.readMode].join(' ')
  const wanted = widenExtents(areas.extents, sizeBytes)
  const files = await prepareDiskFiles(dependencies, {
    backupId: job.backup.id,
    diskId: disk.disk_id,
    sizeBytes,
    attemptNo,
    planHash: planHash(sizeBytes, wanted, identity),
  })
  await writeAreas(files.areas, sizeBytes, wanted)
  const owner = { jobId: job.backup.id, diskId: disk.disk_id, attemptNo }
  const reader = await job.source.diskReader(snapshot, frozen)
  await updateBackup(dependencies.db, job.backup.id, { transport: reader.transport }, openBackupStatuses)
  const fence = fenceOf(dependencies, attempt)
  const places = await dependencies.limits.placesFor(job.context.platform_id)
  await using from = await openSource(dependencies, reader, owner, signal, {
    places,
    watch: watch.ends.source,
    worthAnother: () => snapshotStands(attempt),
  })
  await using to = await openTarget(dependencies, files.image, owner, signal, {
    watch: watch.ends.target,
    confirm: fence.confirm,
  })
  const kind = base === undefined ? 'root' : 'overlay'
  const { digests: writer, resumeFrom } = await openDigestsOf(files, { sizeBytes, kind })
  await using digests = writer
  using limits = await dependencies.limits.limitsFor(job.context.platform_id)
  await using progress = dependencies.progress.report(owner, resumeFrom?.counts.bytesRead)
  const result = await copy({
    source: from.end,
    target: to.end,
    extents: areas.extents,
    sizeBytes,
    targetKnownZero: base === undefined,
    digests,
    limits: limits.rates,
    ...(base && { previous: base.digests }),
    identity,
    checkpoint: { path: files.checkpoint, ...dependencies.checkpointEvery },
    ...(resumeFrom && { resumeFrom }),
    reopen: { source: from.reopen, target: to.reopen, withinMs: dependencies.reopenMs },
    mayWrite: fence.mayWrite,
    signal,
    onProgress: (values) => {
      progress.set(values)
      watch.onProgress(values)
    },
    onCheckpoint: ({ cursor }) => watch.onCheckpoint(cursor),
    stallMs: dependencies.stallMs,
  })
  await digests.finish()
  return result
}

const fenceOf = ({ db }: TransferDependencies, { job: { backup }, disk, attemptNo }: Attempt): Fence =>
  createFence({
    isCurrent: () => isCurrentAttempt(db, { backupId: backup.id, diskId: disk.disk_id, attemptNo }),
    refusal: () => superseded(disk, attemptNo),
  })

/** Throws what no further attempt to open the source can mend; a platform that is away may only be away for a moment. */
const snapshotStands = async (attempt: Attempt): Promise<void> => {
  await frozenDisk(attempt).catch((error: unknown) => {
    if (error instanceof Failure && !error.retry) throw error
  })
}

/** The point whose audit forbids to ask change tracking: by the catalogue, or by the base's own manifest. */
const doubtOf = async (
  { db }: TransferDependencies,
  { job: { backup }, disk }: Attempt,
  base: OpenBase | undefined,
): Promise<string | undefined> =>
  (await doubtOfDisk(db, disk.disk_id, {
    repositoryId: backup.repository_id,
    baseId: base?.backupId,
  })) ?? (base?.isSuspect === true ? base.backupId : undefined)

/** Writes down what is read and why, and reserves room. Throws `attempt-superseded` before a file is touched. */
function recordPlan(
  { db }: TransferDependencies,
  { job, disk, attemptNo }: Attempt,
  frozen: SnapshotDisk,
  { extents, readMode, readReason }: PlannedAreas,
  brokenBase: string | undefined,
): Promise<void> {
  return reserveRoom(db, {
    backupId: job.backup.id,
    diskId: disk.disk_id,
    changeId: frozen.changeId,
    readMode,
    readReason,
    bytesTotal: totalBytes(extents),
    attemptNo,
    ...(brokenBase !== undefined && {
      storedAs: 'root',
      storedReason: `a new chain begins: ${brokenBase}`,
      parentBackupId: null,
    }),
  })
}

type Opened = { digests: DigestWriter; resumeFrom?: NonNullable<PreparedDiskFiles['resume']>['checkpoint'] }

/** This attempt's own digest file, begun with the durable part of the earlier one where that can be trusted. */
async function openDigestsOf(
  { attemptDigests, resume }: PreparedDiskFiles,
  options: { readonly sizeBytes: number; readonly kind: 'root' | 'overlay' },
): Promise<Opened> {
  if (resume === undefined) return { digests: await openDigestWriter(attemptDigests, options) }
  const { checkpoint, digests: path } = resume
  try {
    const from = { path, digestBytes: checkpoint.digestBytes }
    return { digests: await resumeDigestWriter(attemptDigests, from, options), resumeFrom: checkpoint }
  } catch (error) {
    if (!(error instanceof DigestFileError)) throw error
    // The image only holds blocks of this very copy: written again from the start they are the same.
    return { digests: await openDigestWriter(attemptDigests, options) }
  }
}
