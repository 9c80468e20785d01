import { doubtOfDisk } from '../../drizzle/queries/backup-audits.js'
import { planHash } from '../blocks/checkpoint.js'
import { totalBytes, widenExtents } from '../blocks/extents.js'
import type { Snapshot, SnapshotDisk } from '../platforms/platform.js'
import { writeAreas } from '../repository/areas-file.js'
import { prepareDiskFiles } from '../repository/disk-files.js'
import type { PreparedDiskFiles } from '../repository/disk-files.js'
import { openBase } from '../repository/open-base.js'
import type { OpenBase } from '../repository/open-base.js'
import { openPoint } from '../repository/point.js'
import { reserveRoom } from '../repository/reserve-room.js'
import type { Attempt } from './attempt.js'
import type { TransferDependencies } from './dependencies.js'
import { frozenDisk } from './frozen-disk.js'
import { planAreas } from './plan-areas.js'
import type { PlannedAreas } from './plan-areas.js'

/** What is copied, over what, and into which files. Disposing closes the base. */
export interface MovePlan extends AsyncDisposable {
  readonly snapshot: Snapshot
  readonly frozen: SnapshotDisk
  /** Absent where the disk begins a chain. */
  readonly base: OpenBase | undefined
  readonly areas: PlannedAreas
  readonly files: PreparedDiskFiles
  /** Another snapshot, base or set of areas is another copy: nothing of it is gone on from. */
  readonly identity: string
}

/**
 * Plans the copy of a disk, writes the plan into the catalogue and prepares its files. Throws `attempt-superseded`
 * before a file is touched.
 */
export async function planMove(dependencies: TransferDependencies, attempt: Attempt): Promise<MovePlan> {
  const { job, disk } = attempt
  const { snapshot, frozen } = await frozenDisk(attempt)
  const found = await openBase(await openPoint(dependencies.db, job.backup.id), disk)
  const base = found?.kind === 'base' ? found : undefined
  const close = async (): Promise<void> => base?.[Symbol.asyncDispose]()
  try {
    const doubt = await doubtOf(dependencies, attempt, base)
    const areas = await planAreas(job.connection, snapshot, frozen, base, doubt)
    await recordPlan(dependencies, attempt, frozen, areas, found?.kind === 'broken' ? found.why : undefined)
    const identity = [snapshot.reference, frozen.changeId, base?.backupId, areas.readMode].join(' ')
    const files = await prepareFiles(dependencies, attempt, frozen, areas, identity)
    return { snapshot, frozen, base, areas, files, identity, [Symbol.asyncDispose]: close }
  } catch (error) {
    await close()
    throw error
  }
}

async function prepareFiles(
  dependencies: TransferDependencies,
  { job, disk, attemptNo }: Attempt,
  { capacityBytes: sizeBytes }: SnapshotDisk,
  { extents }: PlannedAreas,
  identity: string,
): Promise<PreparedDiskFiles> {
  const wanted = widenExtents(extents, sizeBytes)
  const files = await prepareDiskFiles(dependencies, {
    backupId: job.backup.id,
    diskId: disk.disk_id,
    sizeBytes,
    attemptNo,
    planHash: planHash(sizeBytes, wanted, identity),
  })
  await writeAreas(files.areas, sizeBytes, wanted)
  return files
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

/** Writes down what is read and why, and reserves room. */
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
