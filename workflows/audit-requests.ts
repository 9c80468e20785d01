import { ApplicationFailure, CancellationScope, defineUpdate, setHandler } from '@temporalio/workflow'
import type { AuditScope, BackupInput } from '../domain/backup.js'
import { widerScope } from '../domain/rules/audits.js'
import { refusalOf } from '../domain/rules/backup-actions.js'
import type { BackupStage } from '../domain/rules/backup-actions.js'
import { updates } from './messages.js'
import { refused } from './refused.js'
import { control } from './steps.js'

/** What a run was asked to audit, by its start or while it ran. */
export interface AuditRequests {
  /** The widest that was asked for; null = nothing. */
  scope(): AuditScope | null
  /** Resolves when everything that was taken stands in the job's row. */
  recorded(): Promise<void>
}

const scopes: Readonly<Record<AuditScope, string>> = {
  sample: 'a sample of the snapshot',
  all: 'all of the snapshot',
}

/** Takes the Update `audit`: a refused one costs no history, one that is taken is answered when it is recorded. */
export function newAuditRequests(input: BackupInput, stage: () => BackupStage): AuditRequests {
  let scope = input.audit ?? null
  let recorded = Promise.resolve()
  setHandler(
    defineUpdate<void, [AuditScope]>(updates.audit),
    async (asked) => {
      scope = widerScope(scope, asked)
      const recording = record(input.backupId, scope)
      const before = recorded
      recorded = recording.catch(() => undefined).then(() => before)
      await recording
    },
    {
      validator: (asked) => {
        if (!Object.hasOwn(scopes, asked)) throw unknownScope(asked)
        if (refusalOf(stage(), 'audit') !== null) throw refused(input.backupId, 'audit', stage())
      },
    },
  )
  return { scope: () => scope, recorded: () => recorded }
}

/** A cancel must not leave the asker without an answer. */
const record = (backupId: string, scope: AuditScope): Promise<void> =>
  CancellationScope.nonCancellable(() =>
    control.recordAuditRequest.executeWithOptions(
      { summary: `record that ${scopes[scope]} is to be audited` },
      [{ backupId, scope }],
    ),
  )

/** Only somebody who passes the API by can ask for another one. */
const unknownScope = (asked: unknown): ApplicationFailure =>
  ApplicationFailure.create({
    type: 'bad-request',
    message: `An audit reads ${Object.keys(scopes).join(' or ')}, not ${JSON.stringify(asked)}`,
    nonRetryable: true,
  })
