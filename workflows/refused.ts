import { ApplicationFailure } from '@temporalio/workflow'
import { refusalOf, remedyAt } from '../domain/rules/backup-actions.js'
import type { BackupAction, BackupStage } from '../domain/rules/backup-actions.js'

const done: Readonly<Record<BackupAction, string>> = {
  pause: 'paused',
  resume: 'resumed',
  audit: 'audited',
  cancel: 'cancelled',
}

/** What somebody hears who asks for what a run's stage does not allow: why, and what can be done instead. */
export function refused(backupId: string, action: BackupAction, stage: BackupStage): ApplicationFailure {
  const why = refusalOf(stage, action) ?? `it is ${stage}`
  return ApplicationFailure.create({
    type: 'conflict',
    message: `${backupId} cannot be ${done[action]}: ${why}`,
    nonRetryable: true,
    details: [{ remedy: remedyAt(stage), facts: { stage } }],
  })
}
