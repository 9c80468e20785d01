import { resumeBackup } from '../../contract/backups.js'
import { route } from '../../route.js'
import { changeBackup } from './change-backup.js'

export const resumeBackupRoute = route(resumeBackup, ({ context, params }) =>
  changeBackup(context, params.id, 'resume'),
)
