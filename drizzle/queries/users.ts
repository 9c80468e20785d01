import { asc, count, eq } from 'drizzle-orm'
import type { User } from '../../domain/user.js'
import { isDuplicate } from '../errors.js'
import { matched } from '../open.js'
import type { Db } from '../open.js'
import { users } from '../schema/users.js'

/** A user with what the login needs; `password_hash` never leaves the API's login. */
export interface UserWithPassword {
  readonly user: User
  readonly password_hash: string
}

const userColumns = {
  id: users.id,
  username: users.username,
  role: users.role,
  must_change_password: users.must_change_password,
}

/** False when the user name is taken. */
export const insertUser = async (db: Db, user: User & { password_hash: string }): Promise<boolean> => {
  const now = new Date().toISOString()
  try {
    await db.insert(users).values({ ...user, created_at: now, updated_at: now })
    return true
  } catch (error) {
    if (isDuplicate(error)) return false
    throw error
  }
}

export const userById = async (db: Db, id: string): Promise<User | undefined> => {
  const [row] = await db.select(userColumns).from(users).where(eq(users.id, id))
  return row
}

/** For the login alone. */
export const userWithPassword = async (db: Db, username: string): Promise<UserWithPassword | undefined> => {
  const [row] = await db
    .select({ user: userColumns, password_hash: users.password_hash })
    .from(users)
    .where(eq(users.username, username))
  return row
}

export const listUsers = (db: Db): Promise<User[]> =>
  db.select(userColumns).from(users).orderBy(asc(users.username))

/** A new installation has none: its first admin is made then. */
export const countUsers = async (db: Db): Promise<number> => {
  const [row] = await db.select({ total: count() }).from(users)
  return row?.total ?? 0
}

export const setPassword = async (
  db: Db,
  userId: string,
  passwordHash: string,
  mustChange: boolean,
): Promise<boolean> =>
  matched(
    await db
      .update(users)
      .set({
        password_hash: passwordHash,
        must_change_password: mustChange,
        updated_at: new Date().toISOString(),
      })
      .where(eq(users.id, userId)),
  ) === 1
