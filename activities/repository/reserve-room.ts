import { Failure } from '../../domain/failure.js'
import type { Db } from '../../drizzle/open.js'
import { updateBackup } from '../../drizzle/queries/backup-changes.js'
import { setDiskPlan } from '../../drizzle/queries/backup-disks.js'
import { openBackups, openBackupStatuses } from '../../drizzle/queries/backups.js'
import { progressOf } from '../../drizzle/queries/job-progress.js'
import { checkMarker } from './marker.js'
import { openPoint } from './point.js'
import { checkRoom, roomIn } from './storage.js'

export interface ReserveRoomInput {
  readonly backupId: string
  readonly diskId: string
  /** Bytes that the disk's areas may take. */
  readonly neededBytes: number
}

/**
 * Safe to run twice: a disk's reservation is replaced, the job's is recomputed from its disks. Proves the marker and
 * reserves room for one disk before a byte of it is copied. Throws `repository-full` with the numbers, and what
 * `checkMarker` throws.
 */
export const reserveRoom = (db: Db, input: ReserveRoomInput): Promise<void> =>
  oneAtATime(() => reserve(db, input))

const reserve = async (db: Db, { backupId, diskId, neededBytes }: ReserveRoomInput): Promise<void> => {
  const { backup, disks, repository } = await openPoint(db, backupId)
  const disk = disks.find((row) => row.disk_id === diskId)
  if (disk === undefined)
    throw new Failure('not-found', `Backup ${backupId} has no disk ${diskId}`, {
      retry: false,
      facts: { backupId, diskId },
    })
  await checkMarker(repository)
  const { totalBytes, freeBytes, usedBytes } = await roomIn(repository)
  const reserved = await stillReserved(db, repository.id, { backupId, diskId })
  checkRoom(repository, neededBytes, {
    total_bytes: totalBytes,
    free_bytes: freeBytes,
    used_bytes: usedBytes,
    reserved_bytes: reserved,
  })
  await setDiskPlan(db, {
    backupId,
    diskId,
    changeId: disk.change_id,
    readMode: disk.read_mode,
    readReason: disk.read_reason,
    bytesTotal: neededBytes,
  })
  const others = disks.filter((row) => row.disk_id !== diskId).reduce((all, row) => all + row.bytes_total, 0)
  await updateBackup(db, backup.id, { reserved_bytes: others + neededBytes }, openBackupStatuses)
}

/**
 * Bytes that open jobs have reserved and not yet copied: what they have copied is no longer free and must not be
 * counted twice. `besides` leaves out the one disk that is about to reserve anew.
 */
export const stillReserved = async (
  db: Db,
  repositoryId: number,
  besides?: { readonly backupId: string; readonly diskId: string },
): Promise<number> => {
  const open = (await openBackups(db)).filter(
    (backup) => backup.repository_id === repositoryId && backup.reserved_bytes > 0,
  )
  const progress = await progressOf(
    db,
    open.map((backup) => backup.id),
  )
  let sum = 0
  for (const backup of open) {
    const copied = progress.get(backup.id)
    const own = backup.id === besides?.backupId ? await plannedBytes(db, backup.id, besides.diskId) : 0
    sum += Math.max(0, backup.reserved_bytes - own - (copied?.bytes_read ?? 0) - (copied?.bytes_skipped ?? 0))
  }
  return sum
}

const plannedBytes = async (db: Db, backupId: string, diskId: string): Promise<number> =>
  (await openPoint(db, backupId)).disks.find((disk) => disk.disk_id === diskId)?.bytes_total ?? 0

// Two disks that ask at once would both be given the same free bytes. One process serves a repository's queue.
let last: Promise<unknown> = Promise.resolve()

const oneAtATime = <Result>(work: () => Promise<Result>): Promise<Result> => {
  const mine = last.then(work, work)
  last = mine.catch(() => undefined)
  return mine
}
