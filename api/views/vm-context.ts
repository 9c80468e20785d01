import type { Backup } from '../../domain/backup.js'
import type { VmContext } from '../../domain/vm-context.js'
import type { Db } from '../../drizzle/open.js'
import { backupById, openBackups } from '../../drizzle/queries/backups.js'
import { backupSummaries, disksOf } from '../../drizzle/queries/vm-contexts.js'
import type { VmContextView } from '../contract/vm-contexts.js'
import { toBackupJobs } from './backup-job.js'
import { tlsModeIn, tlsModesOf } from './platform-tls.js'

/** VMs with their disks, their newest backup, the one that runs, and how their platform's certificate is judged. */
export async function toVmContextViews(db: Db, contexts: readonly VmContext[]): Promise<VmContextView[]> {
  const ids = contexts.map((context) => context.id)
  const [summaries, open, modes] = await Promise.all([
    backupSummaries(db, ids),
    openBackups(db),
    tlsModesOf(db, contexts),
  ])
  const running = new Map(open.map((backup) => [backup.vm_context_id, backup.id]))
  const newest = await Promise.all(
    [...summaries.values()].map(({ last_backup_id: id }) => (id === null ? undefined : backupById(db, id))),
  )
  const jobs = await toBackupJobs(
    db,
    newest.filter((backup): backup is Backup => backup !== undefined),
  )
  const latest = new Map(jobs.map((job) => [job.vm_context_id, job]))
  return Promise.all(
    contexts.map(async (context) => ({
      ...context,
      disks: await disksOf(db, context.id),
      latest_backup: latest.get(context.id) ?? null,
      running_backup_id: running.get(context.id) ?? null,
      platform_tls_mode: tlsModeIn(modes, context),
      backup_count: summaries.get(context.id)?.backup_count ?? 0,
    })),
  )
}
