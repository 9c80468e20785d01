import { and, eq, inArray, sql } from 'drizzle-orm'
import type { Repository } from '../../domain/repository.js'
import { isReferredTo } from '../errors.js'
import { matched } from '../open.js'
import type { Db } from '../open.js'
import { backupJobs } from '../schema/backup-jobs.js'
import { backupRepositories } from '../schema/backup-repositories.js'
import { openBackupStatuses } from './backups.js'
import { pageOf } from './paging.js'
import type { Page, Paged } from './paging.js'

export type NewRepository = Omit<Repository, 'id' | 'created_at' | 'updated_at'>

/** Returns the new id. Throws `isDuplicate` when the name or the path is taken. */
export const insertRepository = async (db: Db, repository: NewRepository): Promise<number> => {
  const now = new Date().toISOString()
  const [header] = await db
    .insert(backupRepositories)
    .values({ ...repository, created_at: now, updated_at: now })
  return header.insertId
}

export const repositoryById = async (db: Db, id: number): Promise<Repository | undefined> => {
  const [row] = await db.select().from(backupRepositories).where(eq(backupRepositories.id, id))
  return row
}

export const listRepositories = (db: Db, page: Page): Promise<Paged<Repository>> =>
  pageOf(db, {
    table: backupRepositories,
    key: { createdAt: backupRepositories.created_at, id: backupRepositories.id },
    where: undefined,
    page,
    positionOf: (row) => [row.created_at, row.id],
    select: (where, orderBy, limit) =>
      db
        .select()
        .from(backupRepositories)
        .where(where)
        .orderBy(...orderBy)
        .limit(limit),
  })

export type RepositoryPatch = {
  readonly [Key in 'name' | 'enabled']?: Repository[Key] | undefined
}

/** Changes what is given; false when there is no such repository. Throws `isDuplicate` when the new name is taken. */
export const updateRepository = async (db: Db, id: number, patch: RepositoryPatch): Promise<boolean> =>
  matched(
    await db
      .update(backupRepositories)
      .set({ ...patch, updated_at: new Date().toISOString() })
      .where(eq(backupRepositories.id, id)),
  ) === 1

/** `in-use` while the row of a backup or of a flow refers to it. Files are not touched. */
export const deleteRepository = async (db: Db, id: number): Promise<'deleted' | 'not-found' | 'in-use'> => {
  try {
    const result = await db.delete(backupRepositories).where(eq(backupRepositories.id, id))
    return matched(result) === 1 ? 'deleted' : 'not-found'
  } catch (error) {
    if (isReferredTo(error)) return 'in-use'
    throw error
  }
}

/** Whether any backup's row names it, whatever became of the backup. */
export const hasBackups = async (db: Db, id: number): Promise<boolean> => {
  const rows = await db
    .select({ id: backupJobs.id })
    .from(backupJobs)
    .where(eq(backupJobs.repository_id, id))
    .limit(1)
  return rows.length > 0
}

/** Bytes that open backups have reserved in a repository. */
export const reservedBytes = async (db: Db, repositoryId: number): Promise<number> => {
  const [row] = await db
    .select({ reserved: sql<number>`coalesce(sum(${backupJobs.reserved_bytes}), 0)`.mapWith(Number) })
    .from(backupJobs)
    .where(and(eq(backupJobs.repository_id, repositoryId), inArray(backupJobs.status, openBackupStatuses)))
  return row?.reserved ?? 0
}
