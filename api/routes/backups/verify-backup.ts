import type { VerifyInput } from '../../../domain/operations.js'
import { workflowIds, workflowTypes } from '../../../domain/rules/names.js'
import { searchAttributes } from '../../../workflows/messages.js'
import { verifyBackup } from '../../contract/backups.js'
import { ApiProblem } from '../../problem.js'
import { route } from '../../route.js'
import { startWorkflow } from '../../workflow-calls.js'
import { findBackup } from './find-backup.js'

export const verifyBackupRoute = route(verifyBackup, async ({ context, params }) => {
  const backup = await findBackup(context.db, params.id)
  if (backup.status !== 'completed')
    throw new ApiProblem(
      409,
      'conflict',
      `${backup.id} is ${backup.status}: only a completed backup can be verified`,
      {
        facts: { status: backup.status },
        remedy: 'Choose a completed one.',
      },
    )
  const input: VerifyInput = {
    backupId: backup.id,
    repositoryId: backup.repository_id,
    vmName: backup.vm_name,
  }
  const workflowId = workflowIds.verify(backup.id)
  await startWorkflow(context.temporal, {
    type: workflowTypes.verifyBackup,
    workflowId,
    input,
    summary: `Verify ${backup.id} of ${backup.vm_name}`,
    opKind: 'verify-backup',
    attributes: [
      { key: searchAttributes.vmContextId, value: backup.vm_context_id },
      { key: searchAttributes.jobId, value: backup.id },
    ],
    whenRunning: 'use',
  })
  context.hub.watch(backup.id)
  return { status: 202, body: { backup_id: backup.id, workflow_id: workflowId } }
})
