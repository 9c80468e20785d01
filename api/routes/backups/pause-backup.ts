import { pauseBackup } from '../../contract/backups.js'
import { route } from '../../route.js'
import { changeBackup } from './change-backup.js'

export const pauseBackupRoute = route(pauseBackup, ({ context, params }) =>
  changeBackup(context, params.id, 'pause'),
)
