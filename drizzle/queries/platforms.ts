import { and, eq } from 'drizzle-orm'
import type { Platform } from '../../domain/platform.js'
import { isReferredTo } from '../errors.js'
import { matched } from '../open.js'
import type { Db } from '../open.js'
import { platforms } from '../schema/platforms.js'
import { pageOf } from './paging.js'
import type { Page, Paged } from './paging.js'

/** Throws the driver's duplicate error (`isDuplicate`) when the name is taken. */
export const insertPlatform = async (db: Db, platform: Platform): Promise<void> => {
  await db.insert(platforms).values(platform)
}

export const platformById = async (db: Db, id: string): Promise<Platform | undefined> => {
  const [row] = await db.select().from(platforms).where(eq(platforms.id, id))
  return row
}

/** The oldest platform registered with this host and user name. */
export const platformByHost = async (
  db: Db,
  host: string,
  username: string,
): Promise<Platform | undefined> => {
  const [row] = await db
    .select()
    .from(platforms)
    .where(and(eq(platforms.host, host), eq(platforms.username, username)))
    .orderBy(platforms.created_at, platforms.id)
    .limit(1)
  return row
}

export const listPlatforms = (db: Db, page: Page): Promise<Paged<Platform>> =>
  pageOf(db, {
    table: platforms,
    key: { createdAt: platforms.created_at, id: platforms.id },
    where: undefined,
    page,
    positionOf: (row) => [row.created_at, row.id],
    select: (where, orderBy, limit) =>
      db
        .select()
        .from(platforms)
        .where(where)
        .orderBy(...orderBy)
        .limit(limit),
  })

export type PlatformPatch = Partial<Omit<Platform, 'id' | 'created_at' | 'updated_at'>>

/** False when there is no such platform; throws `isDuplicate` when the new name is taken. */
export const updatePlatform = async (db: Db, id: string, patch: PlatformPatch): Promise<boolean> =>
  matched(
    await db
      .update(platforms)
      .set({ ...patch, updated_at: new Date().toISOString() })
      .where(eq(platforms.id, id)),
  ) === 1

/** `in-use` while a VM context or a backup refers to it; its discoveries go with it. */
export const deletePlatform = async (db: Db, id: string): Promise<'deleted' | 'not-found' | 'in-use'> => {
  try {
    return matched(await db.delete(platforms).where(eq(platforms.id, id))) === 1 ? 'deleted' : 'not-found'
  } catch (error) {
    if (isReferredTo(error)) return 'in-use'
    throw error
  }
}
