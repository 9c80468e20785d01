import { and, eq, gt, isNull, or } from 'drizzle-orm'
import type { User } from '../../domain/user.js'
import { matched } from '../open.js'
import type { Db } from '../open.js'
import { apiTokens } from '../schema/api-tokens.js'
import { users } from '../schema/users.js'
import { tokenHash } from './sessions.js'

/** Registers a token that the caller made at random; only its SHA-256 is kept. */
export const insertApiToken = async (
  db: Db,
  token: { id: string; userId: string; name: string; token: string; expiresAt: string | null },
): Promise<void> => {
  await db.insert(apiTokens).values({
    id: token.id,
    user_id: token.userId,
    name: token.name,
    token_hash: tokenHash(token.token),
    created_at: new Date().toISOString(),
    expires_at: token.expiresAt,
  })
}

/** Whose token this is, while it has not expired. */
export const userByApiToken = async (
  db: Db,
  token: string,
  now: string,
): Promise<{ user: User; tokenId: string; lastUsedAt: string | null } | undefined> => {
  const [row] = await db
    .select({
      user: {
        id: users.id,
        username: users.username,
        role: users.role,
        must_change_password: users.must_change_password,
      },
      tokenId: apiTokens.id,
      lastUsedAt: apiTokens.last_used_at,
    })
    .from(apiTokens)
    .innerJoin(users, eq(users.id, apiTokens.user_id))
    .where(
      and(
        eq(apiTokens.token_hash, tokenHash(token)),
        or(isNull(apiTokens.expires_at), gt(apiTokens.expires_at, now)),
      ),
    )
  return row
}

/** Notes that a token was used. Call it once a minute, not each time. */
export const touchApiToken = async (db: Db, tokenId: string, now: string): Promise<void> => {
  await db.update(apiTokens).set({ last_used_at: now }).where(eq(apiTokens.id, tokenId))
}

/** Takes back all tokens of this name, whoever they stand for; returns how many there were. */
export const deleteApiTokensNamed = async (db: Db, name: string): Promise<number> =>
  matched(await db.delete(apiTokens).where(eq(apiTokens.name, name)))

export const deleteApiToken = async (db: Db, userId: string, tokenId: string): Promise<boolean> =>
  matched(await db.delete(apiTokens).where(and(eq(apiTokens.id, tokenId), eq(apiTokens.user_id, userId)))) ===
  1
