import { auditBackup } from '../../contract/backups.js'
import { route } from '../../route.js'
import { changeBackup } from './change-backup.js'

export const auditBackupRoute = route(auditBackup, ({ context, params, body }) =>
  changeBackup(context, params.id, 'audit', body.scope),
)
