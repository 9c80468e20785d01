import { Failure } from '../../domain/failure.js'
import { updateBackup } from '../../drizzle/queries/backup-changes.js'
import { isCurrentAttempt } from '../../drizzle/queries/backup-disks.js'
import { openBackupStatuses } from '../../drizzle/queries/backups.js'
import { copy } from '../blocks/copy.js'
import type { CopyProgress, CopyResult } from '../blocks/copy-meter.js'
import { openDigestWriter, resumeDigestWriter } from '../blocks/digest-writer.js'
import type { DigestWriter } from '../blocks/digests.js'
import type { End } from '../blocks/end.js'
import { DigestFileError } from '../blocks/errors.js'
import type { ChildOwner } from '../processes/child-record.js'
import type { PreparedDiskFiles } from '../repository/disk-files.js'
import { superseded } from '../repository/superseded.js'
import type { Attempt } from './attempt.js'
import type { TransferDependencies } from './dependencies.js'
import type { EndLog } from './end-log.js'
import { createFence } from './fence.js'
import type { Fence } from './fence.js'
import { frozenDisk } from './frozen-disk.js'
import { openSource, openTarget } from './open-ends.js'
import { planMove } from './plan-move.js'
import type { MovePlan } from './plan-move.js'
import type { ReopenableEnd } from './reopenable-end.js'

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
  await using plan = await planMove(dependencies, attempt)
  const { frozen, base, areas, files, identity } = plan
  const sizeBytes = frozen.capacityBytes
  const owner = { jobId: job.backup.id, diskId: disk.disk_id, attemptNo }
  const fence = fenceOf(dependencies, attempt)
  await using from = await openFrozen(dependencies, attempt, plan, { owner, signal, watch })
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

/** The snapshot's disk, by the transport that the catalogue then names. */
async function openFrozen(
  dependencies: TransferDependencies,
  attempt: Attempt,
  { snapshot, frozen }: MovePlan,
  { owner, signal, watch }: { owner: ChildOwner; signal: AbortSignal; watch: MoveWatch },
): Promise<ReopenableEnd<End>> {
  const { job } = attempt
  const reader = await job.source.diskReader(snapshot, frozen)
  await updateBackup(dependencies.db, job.backup.id, { transport: reader.transport }, openBackupStatuses)
  return await openSource(dependencies, reader, owner, signal, {
    places: await dependencies.limits.placesFor(job.context.platform_id),
    watch: watch.ends.source,
    worthAnother: () => snapshotStands(attempt),
  })
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
