import type { RepositoryStorage } from '../../domain/repository.js'
import type { RepositorySteps } from '../steps.js'
import type { RepositoryDependencies } from './dependencies.js'
import { checkIdentity, checkMarker, prepareRepository } from './marker.js'
import { openRepository } from './point.js'
import { stillReserved } from './reserve-room.js'
import { checkRoom, roomIn } from './storage.js'

/**
 * Safe to run twice: a directory that is prepared stays as it is, everything else only reads. Throws
 * `repository-missing`, `repository-marker`, `repository-read-only`; `check` also `repository-full`.
 */
export const inspectRepository =
  ({
    db,
    measure,
    now,
  }: Pick<RepositoryDependencies, 'db' | 'measure' | 'now'>): RepositorySteps['inspectRepository'] =>
  async ({ repositoryId, action, neededBytes }) => {
    const repository = await openRepository(db, repositoryId)
    if (action === 'prepare') await prepareRepository(repository, now())
    if (action === 'check') await checkIdentity(repository)
    // Walking all points takes minutes on a large share; only who wants to see the numbers waits for that.
    const { totalBytes, freeBytes, usedBytes } = await (action === 'storage' ? measure : roomIn)(repository)
    const storage: RepositoryStorage = {
      total_bytes: totalBytes,
      used_bytes: usedBytes,
      free_bytes: freeBytes,
      reserved_bytes: await stillReserved(db, repositoryId),
    }
    if (action === 'check') {
      // First the numbers: where not a byte is free, the probe could only say so.
      checkRoom(repository, neededBytes, storage)
      await checkMarker(repository)
    }
    return storage
  }
