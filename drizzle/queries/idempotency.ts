import { and, eq, lt } from 'drizzle-orm'
import { isDuplicate } from '../errors.js'
import { matched } from '../open.js'
import type { Db } from '../open.js'
import { idempotencyKeys } from '../schema/idempotency-keys.js'

export interface Start {
  readonly userId: string
  /** The `Idempotency-Key` header. */
  readonly key: string
  /** SHA-256 of the request, hex. */
  readonly requestHash: string
  /** The id that the start will have. */
  readonly resourceId: string
}

export type RememberedStart =
  | { readonly fresh: true }
  | { readonly fresh: false; readonly resourceId: string; readonly sameRequest: boolean }

const isKey = (userId: string, key: string) =>
  and(eq(idempotencyKeys.user_id, userId), eq(idempotencyKeys.idempotency_key, key))

/** Remembers a start by the caller's key, or says what an earlier one with this key started. */
export const rememberStart = async (db: Db, start: Start): Promise<RememberedStart> => {
  try {
    await db.insert(idempotencyKeys).values({
      user_id: start.userId,
      idempotency_key: start.key,
      request_hash: start.requestHash,
      resource_id: start.resourceId,
      created_at: new Date().toISOString(),
    })
    return { fresh: true }
  } catch (error) {
    if (!isDuplicate(error)) throw error
  }
  const other = await findStart(db, start.userId, start.key)
  // Forgotten between the two statements: the other start was refused, so this one is fresh after all.
  if (other === undefined) return rememberStart(db, start)
  return { fresh: false, resourceId: other.resourceId, sameRequest: other.requestHash === start.requestHash }
}

/** What this key started before, if anything. */
export const findStart = async (
  db: Db,
  userId: string,
  key: string,
): Promise<Pick<Start, 'requestHash' | 'resourceId'> | undefined> => {
  const [row] = await db.select().from(idempotencyKeys).where(isKey(userId, key))
  return row === undefined ? undefined : { requestHash: row.request_hash, resourceId: row.resource_id }
}

/** Forgets a start that was refused, so that the same key may try again. */
export const forgetStart = async (db: Db, userId: string, key: string): Promise<boolean> =>
  matched(await db.delete(idempotencyKeys).where(isKey(userId, key))) === 1

/** Forgets keys older than `olderThan` (ISO time); returns how many went. */
export const pruneStarts = async (db: Db, olderThan: string): Promise<number> =>
  matched(await db.delete(idempotencyKeys).where(lt(idempotencyKeys.created_at, olderThan)))
