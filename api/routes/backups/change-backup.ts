import { WorkflowUpdateRPCTimeoutOrCancelledError } from '@temporalio/client'
import type { WorkflowHandle } from '@temporalio/client'
import type { AuditScope } from '../../../domain/backup.js'
import { updates } from '../../../workflows/messages.js'
import type { ApiContext } from '../../context.js'
import type { BackupAccepted } from '../../contract/backups.js'
import { serviceUnavailable } from '../../problem.js'
import { openBackup } from './open-backup.js'

/** A run whose worker has just died is asked of it for ten seconds before another one is. */
const takenWithinMs = 20_000
/** Movers hear of a pause within two heartbeats; after that the answer is 202 all the same. */
const settledWithinMs = 10_000

/**
 * Asks a run to pause, to resume or to audit so much of its snapshot. The run itself judges: its refusal is 409 with its own sentence. Taken, the change
 * is durable; 202 comes when it is done, or a moment later while it still is under way.
 */
export async function changeBackup(
  context: ApiContext,
  id: string,
  action: keyof typeof updates,
  scope?: AuditScope,
): Promise<{ status: 202; body: BackupAccepted }> {
  const { backup, handle } = await openBackup(context, id, action)
  const taken = await take(context, handle, action, scope)
  const enough = Date.now() + settledWithinMs
  await context.temporal
    .withDeadline(enough, () => taken.result())
    .catch((error: unknown) => {
      if (!(error instanceof WorkflowUpdateRPCTimeoutOrCancelledError)) throw error
    })
  return { status: 202, body: { backup_id: backup.id, workflow_id: backup.workflow_id } }
}

const take = (
  context: ApiContext,
  handle: WorkflowHandle,
  action: keyof typeof updates,
  scope: AuditScope | undefined,
) =>
  context.temporal
    .withDeadline(Date.now() + takenWithinMs, () =>
      scope === undefined
        ? handle.startUpdate<void, []>(updates[action], { waitForStage: 'ACCEPTED' })
        : handle.startUpdate<void, [AuditScope]>(updates[action], {
            args: [scope],
            waitForStage: 'ACCEPTED',
          }),
    )
    .catch((error: unknown) => {
      if (!(error instanceof WorkflowUpdateRPCTimeoutOrCancelledError)) throw error
      throw serviceUnavailable(
        `No worker took the ${action} in time`,
        'Check that the workers run; look at the status before you ask again, it may be taken yet.',
      )
    })
