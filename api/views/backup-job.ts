import type { Backup } from '../../domain/backup.js'
import type { Progress } from '../../domain/progress.js'
import type { Db } from '../../drizzle/open.js'
import { backupById, listBackups, openBackups, openBackupStatuses } from '../../drizzle/queries/backups.js'
import { progressOf } from '../../drizzle/queries/job-progress.js'
import type { BackupJob } from '../contract/backups.js'
import type { PlatformTlsMode } from '../contract/platforms.js'
import { tlsModeIn, tlsModesOf } from './platform-tls.js'

export const isOpen = (backup: Pick<Backup, 'status'>): boolean =>
  (openBackupStatuses as readonly string[]).includes(backup.status)

/** A row as seed 003's BackupJob. Until it is completed, the bytes are those of its progress. */
export function toBackupJob(
  backup: Backup,
  { progress, tlsMode }: { readonly progress: Progress | null; readonly tlsMode: PlatformTlsMode },
): BackupJob {
  const { repository_id, manifest_path, completed_at, error_message, bytes_read, ...carried } = backup
  const live = backup.status === 'completed' ? null : progress
  return {
    ...carried,
    backup_id: backup.id,
    repository_id: String(repository_id),
    file_path: manifest_path ?? '',
    platform_tls_mode: tlsMode,
    bytes_transferred: live?.bytes_read ?? bytes_read,
    total_bytes: live === null ? backup.total_bytes : Math.max(live.bytes_total, backup.total_bytes),
    bytes_stored: live?.bytes_stored ?? backup.bytes_stored,
    bytes_skipped: live?.bytes_skipped ?? backup.bytes_skipped,
    progress: live === null || isOpen(backup) ? live : { ...live, samples: [] },
    ...(completed_at === null ? {} : { completed_at }),
    ...(error_message === null ? {} : { error_message }),
  }
}

/** Rows as jobs, with the progress of those not completed and how their platforms' certificates are judged. */
export async function toBackupJobs(db: Db, backups: readonly Backup[]): Promise<BackupJob[]> {
  const unfinished = backups.filter((backup) => backup.status !== 'completed').map((backup) => backup.id)
  const [progress, modes] = await Promise.all([progressOf(db, unfinished), tlsModesOf(db, backups)])
  return backups.map((backup) =>
    toBackupJob(backup, { progress: progress.get(backup.id) ?? null, tlsMode: tlsModeIn(modes, backup) }),
  )
}

const newestCompared = 30

/** What the event stream compares: all open backups, the newest, and those asked for by id. */
export async function readChangingBackups(db: Db, watched: readonly string[]): Promise<BackupJob[]> {
  const [open, newest] = await Promise.all([openBackups(db), listBackups(db, {}, { limit: newestCompared })])
  const rows = new Map([...open, ...newest.rows].map((backup) => [backup.id, backup]))
  for (const id of watched) {
    const backup = rows.has(id) ? undefined : await backupById(db, id)
    if (backup !== undefined) rows.set(id, backup)
  }
  return toBackupJobs(db, [...rows.values()])
}
