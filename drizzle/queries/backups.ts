import { and, asc, desc, eq, inArray } from 'drizzle-orm'
import type { Backup, BackupDisk, BackupStatus, BackupType } from '../../domain/backup.js'
import type { Db } from '../open.js'
import { backupJobDisks } from '../schema/backup-job-disks.js'
import { backupJobs } from '../schema/backup-jobs.js'
import { given } from './given.js'
import { groupedBy } from './grouped.js'
import { pageOf } from './paging.js'
import type { Page, Paged } from './paging.js'

export const openBackupStatuses = [
  'pending',
  'running',
  'paused',
  'cancelling',
] as const satisfies BackupStatus[]
const endedStatuses = ['completed', 'failed', 'cancelled'] as const satisfies BackupStatus[]

export interface BackupWithDisks {
  readonly backup: Backup
  /** In the order of the VM's disks. */
  readonly disks: BackupDisk[]
}

export interface BackupFilter {
  readonly vm_name?: string | undefined
  readonly vm_context_id?: string | undefined
  readonly backup_type?: BackupType | undefined
  readonly status?: BackupStatus | undefined
  readonly repository_id?: number | undefined
}

export const backupById = async (db: Db, id: string): Promise<Backup | undefined> => {
  const [row] = await db.select().from(backupJobs).where(eq(backupJobs.id, id))
  return row
}

export const backupsByIds = async (db: Db, ids: readonly string[]): Promise<Backup[]> =>
  ids.length === 0
    ? []
    : await db
        .select()
        .from(backupJobs)
        .where(inArray(backupJobs.id, [...ids]))

/** The backup that a run (by its first execution) has claimed. */
export const backupOfRun = async (db: Db, runId: string): Promise<Backup | undefined> => {
  const [row] = await db.select().from(backupJobs).where(eq(backupJobs.run_id, runId)).limit(1)
  return row
}

const disksOfBackups = (db: Db, ids: string[]): Promise<BackupDisk[]> =>
  db
    .select()
    .from(backupJobDisks)
    .where(inArray(backupJobDisks.backup_id, ids))
    .orderBy(backupJobDisks.backup_id, backupJobDisks.disk_index)

export const backupWithDisks = async (db: Db, id: string): Promise<BackupWithDisks | undefined> => {
  const backup = await backupById(db, id)
  if (backup === undefined) return undefined
  return { backup, disks: await disksOfBackups(db, [id]) }
}

/** Newest first. Throws Failure('bad-request') for a foreign cursor. */
export const listBackups = (db: Db, filter: BackupFilter, page: Page): Promise<Paged<Backup>> =>
  pageOf(db, {
    table: backupJobs,
    key: { createdAt: backupJobs.created_at, id: backupJobs.id },
    where: and(
      given(filter.vm_name, (value) => eq(backupJobs.vm_name, value)),
      given(filter.vm_context_id, (value) => eq(backupJobs.vm_context_id, value)),
      given(filter.backup_type, (value) => eq(backupJobs.backup_type, value)),
      given(filter.status, (value) => eq(backupJobs.status, value)),
      given(filter.repository_id, (value) => eq(backupJobs.repository_id, value)),
    ),
    page,
    positionOf: (row) => [row.created_at, row.id],
    select: (where, orderBy, limit) =>
      db
        .select()
        .from(backupJobs)
        .where(where)
        .orderBy(...orderBy)
        .limit(limit),
  })

export interface ChainOf {
  readonly vmContextId: string
  readonly repositoryId?: number | undefined
}

/** The points of a VM, oldest first: only what is completed is a point. */
export const chainOf = async (db: Db, chain: ChainOf): Promise<BackupWithDisks[]> => {
  const points = await db
    .select()
    .from(backupJobs)
    .where(
      and(
        eq(backupJobs.vm_context_id, chain.vmContextId),
        eq(backupJobs.status, 'completed'),
        given(chain.repositoryId, (value) => eq(backupJobs.repository_id, value)),
      ),
    )
    .orderBy(asc(backupJobs.created_at), asc(backupJobs.id))
  if (points.length === 0) return []
  const disks = await disksOfBackups(
    db,
    points.map((point) => point.id),
  )
  const byBackup = groupedBy(disks, (disk) => disk.backup_id)
  return points.map((backup) => ({ backup, disks: byBackup.get(backup.id) ?? [] }))
}

/** Backups that are not over, oldest first: what the sweeper asks Temporal about. */
export const openBackups = (db: Db): Promise<Backup[]> =>
  db
    .select()
    .from(backupJobs)
    .where(inArray(backupJobs.status, openBackupStatuses))
    .orderBy(asc(backupJobs.created_at), asc(backupJobs.id))

/** Backups that are over and have left something behind, oldest first. */
export const backupsWithPendingCleanup = (db: Db): Promise<Backup[]> =>
  db
    .select()
    .from(backupJobs)
    .where(and(eq(backupJobs.cleanup, 'pending'), inArray(backupJobs.status, endedStatuses)))
    .orderBy(asc(backupJobs.created_at), asc(backupJobs.id))

/** Backups with a disk stored over one of this backup's, completed or still open; failed ones depend on nothing. */
export const childrenOf = async (db: Db, backupId: string): Promise<Backup[]> => {
  const children = db
    .selectDistinct({ id: backupJobDisks.backup_id })
    .from(backupJobDisks)
    .where(eq(backupJobDisks.parent_backup_id, backupId))
  return db
    .select()
    .from(backupJobs)
    .where(
      and(inArray(backupJobs.id, children), inArray(backupJobs.status, [...openBackupStatuses, 'completed'])),
    )
    .orderBy(asc(backupJobs.created_at), asc(backupJobs.id))
}

/** As `childrenOf` for many at once: the ids of the children by the id of their parent, oldest first. */
export const childIdsOf = async (db: Db, backupIds: readonly string[]): Promise<Map<string, string[]>> => {
  if (backupIds.length === 0) return new Map()
  const rows = await db
    .selectDistinct({
      id: backupJobs.id,
      parent: backupJobDisks.parent_backup_id,
      created_at: backupJobs.created_at,
    })
    .from(backupJobDisks)
    .innerJoin(backupJobs, eq(backupJobs.id, backupJobDisks.backup_id))
    .where(
      and(
        inArray(backupJobDisks.parent_backup_id, [...backupIds]),
        inArray(backupJobs.status, [...openBackupStatuses, 'completed']),
      ),
    )
    .orderBy(asc(backupJobs.created_at), asc(backupJobs.id))
  const byParent = groupedBy(rows, ({ parent }) => parent ?? '')
  return new Map([...byParent].map(([parent, children]) => [parent, children.map(({ id }) => id)]))
}

/**
 * For each disk of a VM its newest point in a repository: the one that an increment is parented on.
 * Disks that only older points hold are included, with those.
 */
export const latestPoints = async (
  db: Db,
  of: { vmContextId: string; repositoryId: number },
): Promise<{ backup: Backup; disk: BackupDisk }[]> => {
  const rows = await db
    .select({ backup: backupJobs, disk: backupJobDisks })
    .from(backupJobDisks)
    .innerJoin(backupJobs, eq(backupJobs.id, backupJobDisks.backup_id))
    .where(
      and(
        eq(backupJobs.vm_context_id, of.vmContextId),
        eq(backupJobs.repository_id, of.repositoryId),
        eq(backupJobs.status, 'completed'),
        eq(backupJobDisks.status, 'committed'),
      ),
    )
    .orderBy(desc(backupJobs.created_at), desc(backupJobs.id))
  const newest = new Map<string, (typeof rows)[number]>()
  for (const row of rows) if (!newest.has(row.disk.disk_id)) newest.set(row.disk.disk_id, row)
  return [...newest.values()].toSorted((a, b) => a.disk.disk_index - b.disk.disk_index)
}
