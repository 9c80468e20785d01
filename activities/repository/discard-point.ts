import { Failure } from '../../domain/failure.js'
import type { RepositorySteps } from '../steps.js'
import { beating } from '../beating.js'
import type { RepositoryDependencies } from './dependencies.js'
import { openPoint } from './point.js'
import { settleFiles } from './settle-files.js'

/**
 * Safe to run twice: ensures that nothing of a backup without a manifest is left, its exporters included. A point that
 * stands is not touched; if its job does not know of it, `conflict` hands it to the sweeper, which completes the job.
 */
export const discardPoint =
  (needs: Pick<RepositoryDependencies, 'db' | 'guard'>): RepositorySteps['discardPoint'] =>
  ({ backupId }) =>
    beating(async () => {
      const point = await openPoint(needs.db, backupId)
      if ((await settleFiles(needs, point)) === 'stands' && point.backup.status !== 'completed')
        throw new Failure('conflict', `Point ${backupId} is complete and is not discarded`, {
          retry: false,
          facts: { backup_id: backupId },
          remedy: 'Nothing has to be done: the next sweep completes the job.',
        })
    })
