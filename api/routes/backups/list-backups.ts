import { listBackups as readBackups } from '../../../drizzle/queries/backups.js'
import { listBackups, listBackupsAlias } from '../../contract/backups.js'
import { aliasOf, route } from '../../route.js'
import type { Handler } from '../../route.js'
import { toBackupJobs } from '../../views/backup-job.js'

const listBackupsHandler: Handler<typeof listBackups> = async ({ context, query }) => {
  const { limit, cursor, ...filter } = query
  const { rows, ...page } = await readBackups(context.db, filter, { limit, cursor })
  return { status: 200, body: { backups: await toBackupJobs(context.db, rows), ...page } }
}

export const listBackupsRoute = route(listBackups, listBackupsHandler)
export const listBackupsAliasRoute = aliasOf(listBackupsRoute, listBackupsAlias)
