import type { RepositorySteps } from '../steps.js'
import { beating } from './beating.js'
import type { RepositoryDependencies } from './dependencies.js'
import { openPoint } from './point.js'
import { settleFiles } from './settle-files.js'

/**
 * Safe to run twice: ensures that nothing of a backup without a manifest is left, its exporters included. A point that
 * stands is not touched.
 */
export const discardPoint =
  (needs: Pick<RepositoryDependencies, 'db' | 'guard'>): RepositorySteps['discardPoint'] =>
  ({ backupId }) =>
    beating(async () => {
      await settleFiles(needs, await openPoint(needs.db, backupId))
    })
