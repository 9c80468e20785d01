import { and, eq, like, lt, notInArray } from 'drizzle-orm'
import { isReferredTo } from '../errors.js'
import { matched } from '../open.js'
import type { Db } from '../open.js'
import { credentials } from '../schema/credentials.js'
import { platforms } from '../schema/platforms.js'

/** A sealed secret; only the vault reads `sealed`. */
export interface Credential {
  readonly id: string
  readonly sealed: string
  readonly description: string
  readonly created_at: string
  readonly updated_at: string
}

export const insertCredential = async (
  db: Db,
  credential: Pick<Credential, 'id' | 'sealed' | 'description'>,
): Promise<void> => {
  const now = new Date().toISOString()
  await db.insert(credentials).values({ ...credential, created_at: now, updated_at: now })
}

export const credentialById = async (db: Db, id: string): Promise<Credential | undefined> => {
  const [row] = await db.select().from(credentials).where(eq(credentials.id, id))
  return row
}

/** Puts another sealed secret under the same id; false when there is no such credential. */
export const replaceCredential = async (db: Db, id: string, sealed: string): Promise<boolean> =>
  matched(
    await db
      .update(credentials)
      .set({ sealed, updated_at: new Date().toISOString() })
      .where(eq(credentials.id, id)),
  ) === 1

/** `in-use` while a platform refers to it. */
export const deleteCredential = async (db: Db, id: string): Promise<'deleted' | 'not-found' | 'in-use'> => {
  try {
    return matched(await db.delete(credentials).where(eq(credentials.id, id))) === 1 ? 'deleted' : 'not-found'
  } catch (error) {
    if (isReferredTo(error)) return 'in-use'
    throw error
  }
}

/**
 * Removes credentials of one kind (`<kind>-…`) made before `olderThan` (ISO time) that no platform refers to; returns
 * how many went.
 */
export const pruneCredentials = async (db: Db, kind: string, olderThan: string): Promise<number> =>
  matched(
    await db
      .delete(credentials)
      .where(
        and(
          like(credentials.id, `${kind}-%`),
          lt(credentials.created_at, olderThan),
          notInArray(credentials.id, db.select({ id: platforms.credential_id }).from(platforms)),
        ),
      ),
  )
