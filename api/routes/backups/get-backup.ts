import type { Backup } from '../../../domain/backup.js'
import { allowedActions, stageOfRows } from '../../../domain/rules/backup-actions.js'
import type { Progress } from '../../../domain/progress.js'
import { disksOfBackup } from '../../../drizzle/queries/backup-disks.js'
import { progressOf } from '../../../drizzle/queries/job-progress.js'
import { stepsOf } from '../../../drizzle/queries/job-steps.js'
import { getBackup, getBackupAlias } from '../../contract/backups.js'
import { aliasOf, route } from '../../route.js'
import type { Handler } from '../../route.js'
import { toBackupJob } from '../../views/backup-job.js'
import { pauseOf } from '../../views/pause.js'
import { tlsModeIn, tlsModesOf } from '../../views/platform-tls.js'
import { temporalUrl } from '../../views/temporal-url.js'
import { findBackup } from './find-backup.js'

const getBackupHandler: Handler<typeof getBackup> = async ({ context, params }) => {
  const backup = await findBackup(context.db, params.id)
  const [disks, steps, progress, modes] = await Promise.all([
    disksOfBackup(context.db, backup.id),
    stepsOf(context.db, backup.id),
    progressOf(context.db, [backup.id]),
    tlsModesOf(context.db, [backup]),
  ])
  const latest = progress.get(backup.id) ?? noProgress(backup)
  const body = {
    ...toBackupJob(backup, { progress: latest, tlsMode: tlsModeIn(modes, backup) }),
    progress: latest,
    disks,
    steps,
    temporal_url: temporalUrl(context, backup),
    available_actions: allowedActions(stageOfRows(backup, disks)),
    pause: pauseOf(backup, steps),
  }
  return { status: 200, body }
}

export const getBackupRoute = route(getBackup, getBackupHandler)
export const getBackupAliasRoute = aliasOf(getBackupRoute, getBackupAlias)

const noProgress = (backup: Backup): Progress => ({
  bytes_total: backup.total_bytes,
  bytes_read: backup.bytes_read,
  bytes_stored: backup.bytes_stored,
  bytes_skipped: backup.bytes_skipped,
  bytes_per_second: 0,
  eta_seconds: null,
  bottleneck: null,
  samples: [],
})
