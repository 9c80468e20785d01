import { cancelBackup } from '../../contract/backups.js'
import { ApiProblem } from '../../problem.js'
import { route } from '../../route.js'
import { isOpen } from '../../views/backup-job.js'
import { openJobOf, soon } from '../../workflow-calls.js'
import { findBackup } from './find-backup.js'

export const cancelBackupRoute = route(cancelBackup, async ({ context, params }) => {
  const backup = await findBackup(context.db, params.id)
  if (!isOpen(backup))
    throw new ApiProblem(409, 'conflict', `${backup.id} has ended already: ${backup.status}`, {
      facts: { status: backup.status },
      remedy:
        backup.status === 'completed' ? 'Delete the point if you do not want it.' : 'Nothing has to be done.',
    })
  // The workflow id is the VM's: a later run of the same VM must not be hit.
  if ((await openJobOf(context.temporal, backup.workflow_id)) !== backup.id)
    throw new ApiProblem(409, 'conflict', `${backup.id} has no running workflow any more`, {
      remedy: 'Wait a moment: what it left is being cleaned up, and its status will say so.',
    })
  const options = backup.run_id === null ? {} : { firstExecutionRunId: backup.run_id }
  const handle = context.temporal.workflow.getHandle(backup.workflow_id, undefined, options)
  await soon(context.temporal, () => handle.cancel())
  return { status: 202, body: { backup_id: backup.id, workflow_id: backup.workflow_id } }
})
