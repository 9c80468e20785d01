import type { WorkflowHandle } from '@temporalio/client'
import type { Backup } from '../../../domain/backup.js'
import { refusalOf, remedyAt } from '../../../domain/rules/backup-actions.js'
import type { BackupAction, BackupStage } from '../../../domain/rules/backup-actions.js'
import type { ApiContext } from '../../context.js'
import { ApiProblem } from '../../problem.js'
import { isOpen } from '../../views/backup-job.js'
import { openRunOf } from '../../workflow-calls.js'
import { findBackup } from './find-backup.js'

export interface OpenBackup {
  readonly backup: Backup
  readonly handle: WorkflowHandle
  /** As the Temporal UI shows it: `OpState`. */
  readonly phase: string | null
}

/** A backup that is under way and its run. Throws 404, or 409 where there is nothing (any more) to be asked. */
export async function openBackup(context: ApiContext, id: string, action: BackupAction): Promise<OpenBackup> {
  const backup = await findBackup(context.db, id)
  if (!isOpen(backup)) throw refused(backup, action, 'ended')
  const run = await openRunOf(context.temporal, backup.workflow_id)
  // The workflow id is the VM's: a later run of the same VM must not be hit.
  if (run?.jobId !== backup.id)
    throw new ApiProblem(409, 'conflict', `${backup.id} has no running workflow any more`, {
      remedy: 'Wait a moment: what it left is being cleaned up, and its status will say so.',
    })
  const options = backup.run_id === null ? {} : { firstExecutionRunId: backup.run_id }
  const handle = context.temporal.workflow.getHandle(backup.workflow_id, undefined, options)
  return { backup, handle, phase: run.phase }
}

/** 409 with the reason and what can be done instead. */
export const refused = (backup: Backup, action: BackupAction, stage: BackupStage): ApiProblem =>
  new ApiProblem(
    409,
    'conflict',
    stage === 'ended'
      ? `${backup.id} has ended already: ${backup.status}`
      : `${backup.id} cannot be ${done[action]}: ${refusalOf(stage, action) ?? stage}`,
    {
      facts: { status: backup.status },
      remedy: stage === 'ended' ? afterItsEnd(action) : remedyAt(stage),
    },
  )

const afterItsEnd = (action: BackupAction): string =>
  action === 'audit'
    ? 'Start another backup and ask for its audit: only a snapshot that stands can be read.'
    : 'Nothing has to be done.'

const done: Readonly<Record<BackupAction, string>> = {
  pause: 'paused',
  resume: 'resumed',
  audit: 'audited',
  cancel: 'cancelled',
}
