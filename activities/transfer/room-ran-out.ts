import { Failure } from '../../domain/failure.js'
import { sizeText, whyFull } from '../../domain/rules/repository-room.js'
import type { RepositoryRoom } from '../../domain/rules/repository-room.js'
import type { Db } from '../../drizzle/open.js'
import { toFailure } from '../failure.js'
import { errorCode } from '../repository/durable-file.js'
import { measureRoom } from '../repository/measure-room.js'
import { openPoint } from '../repository/point.js'

/**
 * What a copy failed with, told with the repository's numbers where it ran out of room. A run can wait for that: its
 * failure carries `left_bytes` and `whole_bytes`. One that could never fit carries neither. Everything else stays
 * as it is.
 */
export const roomRanOut = async (db: Db, backupId: string, error: unknown): Promise<unknown> => {
  if (!isOutOfRoom(error)) return error
  const { repository } = await openPoint(db, backupId)
  if (!isBelow(repository.path, error)) return error
  return fullRepository(await measureRoom(db, backupId), error)
}

// An error of an open file has no path, so nobody else can tell what was full.
const isOutOfRoom = (error: unknown): boolean =>
  ['ENOSPC', 'EDQUOT'].includes(errorCode(error) ?? '') || toFailure(error).code === 'repository-full'

/** Sockets and records of children lie elsewhere: there the repository's room would be waited for in vain. */
const isBelow = (repositoryPath: string, error: unknown): boolean => {
  const { path } = (typeof error === 'object' && error !== null ? error : {}) as { path?: unknown }
  return typeof path !== 'string' || path.startsWith(repositoryPath)
}

const fullRepository = (room: RepositoryRoom, cause: unknown): Failure => {
  const facts = {
    repository: room.repository,
    free_bytes: room.freeBytes,
    total_bytes: room.totalBytes,
    reserved_bytes: room.reservedBytes,
  }
  if (room.wholeBytes > room.totalBytes)
    return new Failure(
      'repository-full',
      `Repository ${room.repository} is too small: it holds ${sizeText(room.totalBytes)}, and this backup alone may take ` +
        sizeText(room.wholeBytes),
      { retry: false, facts, remedy: 'Add storage, choose another repository, or leave disks out.', cause },
    )
  return new Failure('repository-full', whyFull(room), {
    retry: false,
    facts: { ...facts, left_bytes: room.leftBytes, whole_bytes: room.wholeBytes },
    remedy: 'Delete old points or add storage.',
    cause,
  })
}
