import { cancelBackup } from '../../contract/backups.js'
import { route } from '../../route.js'
import { soon } from '../../workflow-calls.js'
import { openBackup, refused } from './open-backup.js'

export const cancelBackupRoute = route(cancelBackup, async ({ context, params }) => {
  const { backup, handle, phase } = await openBackup(context, params.id, 'cancel')
  // From here the point is being made and will stand: a cancel would be taken and do nothing.
  if (phase === 'committing') throw refused(backup, 'cancel', 'committing')
  await soon(context.temporal, () => handle.cancel())
  return { status: 202, body: { backup_id: backup.id, workflow_id: backup.workflow_id } }
})
