import { createHash } from 'node:crypto'
import { and, eq, gt, lte, ne } from 'drizzle-orm'
import type { User } from '../../domain/user.js'
import { matched } from '../open.js'
import type { Db } from '../open.js'
import { sessions } from '../schema/sessions.js'
import { users } from '../schema/users.js'

export interface Session {
  readonly user: User
  readonly expires_at: string
  readonly last_seen_at: string
}

/** SHA-256, hex: all that the database knows of a token. */
export const tokenHash = (token: string): string => createHash('sha256').update(token).digest('hex')

/** Begins a session under a token that the caller made at random (32 bytes); times are ISO. */
export const insertSession = async (
  db: Db,
  session: { token: string; userId: string; expiresAt: string },
): Promise<void> => {
  const now = new Date().toISOString()
  await db.insert(sessions).values({
    token_hash: tokenHash(session.token),
    user_id: session.userId,
    created_at: now,
    expires_at: session.expiresAt,
    last_seen_at: now,
  })
}

/** The session of a token while it has not expired. */
export const sessionByToken = async (db: Db, token: string, now: string): Promise<Session | undefined> => {
  const [row] = await db
    .select({
      user: {
        id: users.id,
        username: users.username,
        role: users.role,
        must_change_password: users.must_change_password,
      },
      expires_at: sessions.expires_at,
      last_seen_at: sessions.last_seen_at,
    })
    .from(sessions)
    .innerJoin(users, eq(users.id, sessions.user_id))
    .where(and(eq(sessions.token_hash, tokenHash(token)), gt(sessions.expires_at, now)))
  return row
}

/** Notes that a session was used and moves its expiry; false when it is gone. Call it once a minute, not each time. */
export const touchSession = async (
  db: Db,
  token: string,
  seen: { now: string; expiresAt: string },
): Promise<boolean> =>
  matched(
    await db
      .update(sessions)
      .set({ last_seen_at: seen.now, expires_at: seen.expiresAt })
      .where(and(eq(sessions.token_hash, tokenHash(token)), gt(sessions.expires_at, seen.now))),
  ) === 1

export const deleteSession = async (db: Db, token: string): Promise<boolean> =>
  matched(await db.delete(sessions).where(eq(sessions.token_hash, tokenHash(token)))) === 1

/** Ends all sessions of a user (a changed password), save the one that asks. */
export const deleteSessionsOf = async (db: Db, userId: string, exceptToken?: string): Promise<number> =>
  matched(
    await db
      .delete(sessions)
      .where(
        and(
          eq(sessions.user_id, userId),
          exceptToken === undefined ? undefined : ne(sessions.token_hash, tokenHash(exceptToken)),
        ),
      ),
  )

/** Removes sessions that have expired; returns how many went. */
export const pruneSessions = async (db: Db, now: string): Promise<number> =>
  matched(await db.delete(sessions).where(lte(sessions.expires_at, now)))
