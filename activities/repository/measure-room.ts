import { pointOverheadBytes } from '../../domain/rules/required-room.js'
import type { RepositoryRoom } from '../../domain/rules/repository-room.js'
import type { Db } from '../../drizzle/open.js'
import { openPoint } from './point.js'
import { plannedBytes, stillReserved } from './reserve-room.js'
import { imageBytes, roomIn } from './storage.js'

/** What the repository of an open job has left, and what that job's disks may still write into it. */
export const measureRoom = async (db: Db, backupId: string): Promise<RepositoryRoom> => {
  const { backup, disks, repository } = await openPoint(db, backupId)
  const { totalBytes, freeBytes } = await roomIn(repository)
  let [leftBytes, wholeBytes] = [0, 0]
  for (const disk of disks) {
    const written = await imageBytes(repository.path, backup.vm_context_id, disk)
    const isCopied = disk.status === 'copied' || disk.status === 'committed'
    const left = isCopied ? 0 : Math.max(0, plannedBytes(disk) - written)
    leftBytes += left
    wholeBytes += written + left
  }
  const reservedBytes = await stillReserved(db, repository.id, { backupId })
  return { repository: repository.name, totalBytes, freeBytes, reservedBytes, leftBytes, wholeBytes }
}

/** True where so much can be written beside what others have reserved, tables and digests included. */
export const isEnough = (
  { freeBytes, reservedBytes }: Pick<RepositoryRoom, 'freeBytes' | 'reservedBytes'>,
  neededBytes: number,
): boolean => freeBytes - reservedBytes >= neededBytes + pointOverheadBytes
