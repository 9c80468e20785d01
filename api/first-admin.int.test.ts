import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { userByApiToken } from '../drizzle/queries/api-tokens.js'
import { insertUser } from '../drizzle/queries/users.js'
import { openTestDatabase } from '../drizzle/testing/database.js'
import { ensureAdminToken } from './auth/first-admin.js'

// Making the tables syncs each one to disk: seconds on a loaded machine.
jest.setTimeout(60_000)

test('a token file that was lost is written anew, and what it held is worth nothing any more', async () => {
  await using opened = await openTestDatabase()
  const { db } = opened.database
  const folder = await mkdtemp(path.join(tmpdir(), 'first-admin-'))
  try {
    const user = { id: 'u', username: 'admin', role: 'admin', must_change_password: false } as const
    await insertUser(db, { ...user, password_hash: 'hash' })
    const file = path.join(folder, 'token')
    const written = async (): Promise<string> => {
      await ensureAdminToken(db, file)
      return (await readFile(file, 'utf8')).trim()
    }
    const owner = async (token: string) =>
      (await userByApiToken(db, token, new Date().toISOString()))?.user.username
    const first = await written()
    expect(await written()).toBe(first)
    expect(await owner(first)).toBe('admin')
    await rm(file)
    const second = await written()
    expect(await owner(second)).toBe('admin')
    expect(await owner(first)).toBeUndefined()
  } finally {
    await rm(folder, { recursive: true })
  }
})
