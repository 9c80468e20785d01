import { Failure } from '../../domain/failure.js'
import type { Db } from '../../drizzle/open.js'
import { updateBackup } from '../../drizzle/queries/backup-changes.js'
import { setDiskPlan } from '../../drizzle/queries/backup-disks.js'
import type { DiskPlan } from '../../drizzle/queries/backup-disks.js'
import { openBackups, openBackupStatuses } from '../../drizzle/queries/backups.js'
import type { BackupDisk } from '../../domain/backup.js'
import { progressOf } from '../../drizzle/queries/job-progress.js'
import { checkIdentity, checkMarker } from './marker.js'
import { openPoint } from './point.js'
import { checkRoom, imageBytes, roomIn } from './storage.js'
import { superseded } from './superseded.js'

/** What one attempt is going to copy of a disk. */
export type AttemptPlan = DiskPlan & Required<Pick<DiskPlan, 'bytesTotal' | 'attemptNo'>>

/**
 * Safe to run twice: a disk's reservation is replaced, the job's is recomputed from its disks. Proves the marker,
 * writes the plan down and reserves room for it before a byte of the disk is copied; what an earlier attempt wrote
 * needs none any more. Throws `attempt-superseded`, `repository-full` with the numbers, and what `checkMarker` throws.
 */
export const reserveRoom = (db: Db, plan: AttemptPlan): Promise<void> => oneAtATime(() => reserve(db, plan))

const reserve = async (db: Db, plan: AttemptPlan): Promise<void> => {
  const { backupId, diskId, attemptNo } = plan
  const { backup, disks, repository } = await openPoint(db, backupId)
  const disk = disks.find((row) => row.disk_id === diskId)
  if (disk === undefined)
    throw new Failure('not-found', `Backup ${backupId} has no disk ${diskId}`, {
      retry: false,
      facts: { backupId, diskId },
    })
  await checkIdentity(repository)
  const { totalBytes, freeBytes, usedBytes } = await roomIn(repository)
  const reserved = await stillReserved(db, repository.id, { backupId, diskId })
  // Before the answer: what it needs must be known where it is refused, and to the job's next disk, too.
  if (!(await setDiskPlan(db, plan))) throw superseded(disk, attemptNo)
  const neededBytes = plannedBytes({
    read_mode: plan.readMode,
    stored_as: plan.storedAs ?? disk.stored_as,
    bytes_total: plan.bytesTotal,
  })
  const written = await imageBytes(repository.path, backup.vm_context_id, disk)
  checkRoom(repository, Math.max(0, neededBytes - written), {
    total_bytes: totalBytes,
    free_bytes: freeBytes,
    used_bytes: usedBytes,
    reserved_bytes: reserved,
  })
  await checkMarker(repository)
  const others = disks
    .filter((row) => row.disk_id !== diskId)
    .reduce((all, row) => all + plannedBytes(row), 0)
  await updateBackup(db, backup.id, { reserved_bytes: others + neededBytes }, openBackupStatuses)
}

/**
 * Bytes that open jobs have reserved and not yet copied: what they have copied is no longer free and must not be
 * counted twice. `besides` leaves out the one disk that is about to reserve anew, or a whole job.
 */
export const stillReserved = async (
  db: Db,
  repositoryId: number,
  besides?: { readonly backupId: string; readonly diskId?: string },
): Promise<number> => {
  const open = (await openBackups(db)).filter(
    (backup) =>
      backup.repository_id === repositoryId &&
      backup.reserved_bytes > 0 &&
      !(besides?.diskId === undefined && backup.id === besides?.backupId),
  )
  const progress = await progressOf(
    db,
    open.map((backup) => backup.id),
  )
  let sum = 0
  for (const backup of open) {
    const copied = progress.get(backup.id)
    const own = backup.id === besides?.backupId ? await reservedFor(db, backup.id, besides.diskId) : 0
    sum += Math.max(0, backup.reserved_bytes - own - (copied?.bytes_read ?? 0) - (copied?.bytes_skipped ?? 0))
  }
  return sum
}

const reservedFor = async (db: Db, backupId: string, diskId: string | undefined): Promise<number> => {
  const disk = (await openPoint(db, backupId)).disks.find((row) => row.disk_id === diskId)
  return disk === undefined ? 0 : plannedBytes(disk)
}

/**
 * Bytes that a disk's copy may store as far as is known: of a full read over a base, which stores what differs, nobody
 * knows before.
 */
export const plannedBytes = (disk: Pick<BackupDisk, 'read_mode' | 'stored_as' | 'bytes_total'>): number =>
  disk.read_mode === 'full' && disk.stored_as === 'overlay' ? 0 : disk.bytes_total

// Two disks that ask at once would both be given the same free bytes. One process serves a repository's queue.
let last: Promise<unknown> = Promise.resolve()

const oneAtATime = <Result>(work: () => Promise<Result>): Promise<Result> => {
  const mine = last.then(work, work)
  last = mine.catch(() => undefined)
  return mine
}
