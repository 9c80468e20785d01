import { Failure } from '../../domain/failure.js'
import { requestAudit } from '../../drizzle/queries/backup-audits.js'
import type { ControlSteps } from '../steps.js'
import type { CatalogDependencies } from './dependencies.js'

type Needs = Pick<CatalogDependencies, 'db' | 'now'>

/** Safe to run twice: what is to be read only grows. */
export const recordAuditRequest =
  ({ db }: Needs): ControlSteps['recordAuditRequest'] =>
  async ({ backupId, scope }) => {
    if (await requestAudit(db, backupId, scope)) return
    throw new Failure('conflict', `Backup ${backupId} is over and cannot be audited any more`, {
      retry: false,
      facts: { backup_id: backupId },
      remedy: 'Start another backup and ask for its audit.',
    })
  }
