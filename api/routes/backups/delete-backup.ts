import type { Backup } from '../../../domain/backup.js'
import type { DeleteBackupInput } from '../../../domain/operations.js'
import { chainAround } from '../../../domain/rules/chains.js'
import { workflowIds, workflowTypes } from '../../../domain/rules/names.js'
import { childrenOf } from '../../../drizzle/queries/backups.js'
import { linkedPoints } from '../../../drizzle/queries/linked-points.js'
import { searchAttributes } from '../../../workflows/messages.js'
import type { ApiContext } from '../../context.js'
import { deleteBackup, deleteBackupAlias } from '../../contract/backups.js'
import { ApiProblem, vmBusy } from '../../problem.js'
import { aliasOf, route } from '../../route.js'
import type { Handler } from '../../route.js'
import { isOpen } from '../../views/backup-job.js'
import { askWorkflow } from '../../workflow-calls.js'
import { findBackup } from './find-backup.js'

const deleteBackupHandler: Handler<typeof deleteBackup> = async ({ context, params, query }) => {
  const backup = await findBackup(context.db, params.id)
  const chain = query.chain === 'true'
  if (isOpen(backup)) throw vmBusy(backup.vm_name, backup.id)
  if (!chain) await refuseWithChildren(context, backup)
  const points = chain ? chainAround(await linkedPoints(context.db, backup.id), backup.id) : []
  const input: DeleteBackupInput = {
    backupId: backup.id,
    repositoryId: backup.repository_id,
    vmContextId: backup.vm_context_id,
    vmName: backup.vm_name,
    chain,
  }
  const workflowId = chain ? workflowIds.deleteChain(backup.id) : workflowIds.delete(backup.id)
  const outcome = await askWorkflow(
    context.temporal,
    {
      type: workflowTypes.deleteBackup,
      workflowId,
      input,
      summary: `Delete ${chain ? 'the chain of ' : ''}${backup.id} of ${backup.vm_name}`,
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
  for (const id of new Set([backup.id, ...points.map(({ backupId }) => backupId)]))
    context.hub.publish('backups', { id, gone: true })
  context.hub.publish('vm-contexts', { id: backup.vm_context_id })
  return { status: 204, body: null }
}

export const deleteBackupRoute = route(deleteBackup, deleteBackupHandler)
export const deleteBackupAliasRoute = aliasOf(deleteBackupRoute, deleteBackupAlias)

/** Who else uses the point, a run that is under way included, the workflow finds out where it is decided. */
async function refuseWithChildren(context: ApiContext, backup: Backup): Promise<void> {
  const children = (await childrenOf(context.db, backup.id)).filter((child) => !isOpen(child))
  if (children.length === 0) return
  const names = children.map((child) => child.id)
  throw new ApiProblem(409, 'point-has-children', `${backup.id} is what ${names.join(', ')} build on`, {
    errors: names.map((id) => ({ path: 'params.id', message: `${id} depends on it` })),
    remedy: 'Delete the later points first, or the whole chain with ?chain=true.',
  })
}
