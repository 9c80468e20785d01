import { Failure } from '../../domain/failure.js'
import { claimBackup as claimRow } from '../../drizzle/queries/backup-changes.js'
import type { ControlSteps } from '../steps.js'
import type { CatalogDependencies } from './dependencies.js'

/** Safe to run twice: a row that this run has claimed is claimed again. */
export const claimBackup =
  ({ db, now, site, heartbeatSeconds }: CatalogDependencies): ControlSteps['claimBackup'] =>
  async ({ backupId, runId }) => {
    if (!(await claimRow(db, backupId, runId, now().toISOString())))
      throw new Failure('conflict', `Backup ${backupId} is not waiting to be run`, {
        retry: false,
        remedy: 'Start a new backup.',
      })
    return { site, heartbeatSeconds }
  }
