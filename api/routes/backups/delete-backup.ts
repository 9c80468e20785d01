import type { Backup } from '../../../domain/backup.js'
import type { DeleteBackupInput } from '../../../domain/operations.js'
import { workflowIds, workflowTypes } from '../../../domain/rules/names.js'
import { childrenOf } from '../../../drizzle/queries/backups.js'
import { searchAttributes } from '../../../workflows/messages.js'
import type { ApiContext } from '../../context.js'
import { deleteBackup, deleteBackupAlias } from '../../contract/backups.js'
import { ApiProblem, vmBusy } from '../../problem.js'
import { aliasOf, route } from '../../route.js'
import type { Handler } from '../../route.js'
import { askWorkflow, openJobOf } from '../../workflow-calls.js'
import { findBackup } from './find-backup.js'

const deleteBackupHandler: Handler<typeof deleteBackup> = async ({ context, params }) => {
  const backup = await findBackup(context.db, params.id)
  await refuseWhileNeeded(context, backup)
  const input: DeleteBackupInput = {
    backupId: backup.id,
    repositoryId: backup.repository_id,
    vmContextId: backup.vm_context_id,
    vmName: backup.vm_name,
  }
  const workflowId = workflowIds.delete(backup.id)
  const outcome = await askWorkflow(
    context.temporal,
    {
      type: workflowTypes.deleteBackup,
      workflowId,
      input,
      summary: `Delete ${backup.id} of ${backup.vm_name}`,
      opKind: 'delete-backup',
      attributes: [
        { key: searchAttributes.vmContextId, value: backup.vm_context_id },
        { key: searchAttributes.jobId, value: backup.id },
      ],
      whenRunning: 'use',
    },
    context.waits.deleteMs,
  )
  context.hub.watch(backup.id)
  if (!outcome.done) return { status: 202, body: { backup_id: backup.id, workflow_id: workflowId } }
  context.hub.publish('backups', { id: backup.id, gone: true })
  context.hub.publish('vm-contexts', { id: backup.vm_context_id })
  return { status: 204, body: null }
}

export const deleteBackupRoute = route(deleteBackup, deleteBackupHandler)
export const deleteBackupAliasRoute = aliasOf(deleteBackupRoute, deleteBackupAlias)

async function refuseWhileNeeded(context: ApiContext, backup: Backup): Promise<void> {
  const running = await openJobOf(context.temporal, workflowIds.backup(backup.vm_context_id))
  if (running !== null) throw vmBusy(backup.vm_name, running)
  const children = await childrenOf(context.db, backup.id)
  if (children.length === 0) return
  const names = children.map((child) => child.id)
  throw new ApiProblem(409, 'point-has-children', `${backup.id} is what ${names.join(', ')} build on`, {
    errors: names.map((id) => ({ path: 'params.id', message: `${id} depends on it` })),
    remedy: 'Delete the later points first.',
  })
}
