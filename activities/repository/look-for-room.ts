import { Failure } from '../../domain/failure.js'
import { sizeText } from '../../domain/rules/repository-room.js'
import { pointOverheadBytes } from '../../domain/rules/required-room.js'
import { toFailure } from '../failure.js'
import type { RepositorySteps } from '../steps.js'
import type { RepositoryDependencies } from './dependencies.js'
import { checkIdentity, checkMarker } from './marker.js'
import { isEnough } from './measure-room.js'
import { openRepository } from './point.js'
import { stillReserved } from './reserve-room.js'
import { roomIn } from './storage.js'

/**
 * Safe to run twice: only reads. Throws, always to be tried again, until the repository is there and has room for so
 * much beside what other jobs have reserved: its own retries are how a paused run waits.
 */
export const lookForRoom =
  ({ db }: Pick<RepositoryDependencies, 'db'>): RepositorySteps['lookForRoom'] =>
  ({ repositoryId, jobId, neededBytes }) =>
    look(db, repositoryId, jobId, neededBytes).catch((error: unknown) => {
      const { code, message, facts, remedy } = toFailure(error)
      throw new Failure(code, message, { retry: true, facts, ...(remedy !== undefined && { remedy }) })
    })

const look = async (
  db: RepositoryDependencies['db'],
  repositoryId: number,
  jobId: string,
  neededBytes: number,
): Promise<{ freeBytes: number }> => {
  const repository = await openRepository(db, repositoryId)
  // The file system below an unmounted share may have all the room in the world.
  await checkIdentity(repository)
  const { freeBytes } = await roomIn(repository)
  const reservedBytes = await stillReserved(db, repositoryId, { backupId: jobId })
  if (isEnough({ freeBytes, reservedBytes }, neededBytes)) {
    await checkMarker(repository)
    return { freeBytes }
  }
  const needed = sizeText(neededBytes + pointOverheadBytes)
  throw new Failure(
    'repository-full',
    `Repository ${repository.name} has no room yet: ${sizeText(freeBytes)} free, ${sizeText(reservedBytes)} of them ` +
      `reserved by other jobs, ${needed} are needed`,
    { retry: true, facts: { repository: repository.name, free_bytes: freeBytes, needed_bytes: neededBytes } },
  )
}
