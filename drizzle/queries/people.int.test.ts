import { createHash, randomBytes } from 'node:crypto'
import { sql } from 'drizzle-orm'
import { openTestDatabase } from '../testing/database.js'
import type { TestDatabase } from '../testing/database.js'
import { deleteApiToken, insertApiToken, touchApiToken, userByApiToken } from './api-tokens.js'
import { insertAudit, listAudit } from './audit.js'
import { credentialById, deleteCredential, insertCredential, replaceCredential } from './credentials.js'
import { findStart, forgetStart, pruneStarts, rememberStart } from './idempotency.js'
import {
  deleteSession,
  deleteSessionsOf,
  insertSession,
  pruneSessions,
  sessionByToken,
  touchSession,
} from './sessions.js'
import { installationId } from './settings.js'
import { countUsers, insertUser, setPassword, userById, userWithPassword } from './users.js'

// Making the tables syncs each one to disk: seconds on a loaded machine.
jest.setTimeout(60_000)

let opened: TestDatabase
beforeAll(async () => {
  opened = await openTestDatabase({ connectionLimit: 20 })
})
afterAll(() => opened[Symbol.asyncDispose]())

const now = '2026-05-01T12:00:00.000Z'
const soon = '2026-05-01T13:00:00.000Z'

const addUser = async (username = `user-${randomBytes(4).toString('hex')}`) => {
  const user = { id: `id-${username}`, username, role: 'operator', must_change_password: true } as const
  await insertUser(opened.database.db, { ...user, password_hash: 'hash' })
  return user
}

test('twenty that ask for the installation id at once get the same', async () => {
  const ids = await Promise.all(Array.from({ length: 20 }, () => installationId(opened.database.db)))
  expect(new Set(ids).size).toBe(1)
  expect(ids[0]).toMatch(/^[0-9a-f]{12}$/)
})

test('a user name is taken once, exactly as written', async () => {
  const { db } = opened.database
  const before = await countUsers(db)
  const user = await addUser('anna')
  expect(await insertUser(db, { ...user, id: 'another', password_hash: 'x' })).toBe(false)
  expect(await countUsers(db)).toBe(before + 1)
  expect(await userById(db, user.id)).toEqual(user)
  expect(await userWithPassword(db, 'Anna')).toBeUndefined()
  expect(await setPassword(db, user.id, 'new hash', false)).toBe(true)
  expect(await userWithPassword(db, 'anna')).toEqual({
    user: { ...user, must_change_password: false },
    password_hash: 'new hash',
  })
})

test('a session is found by its token until it expires, and its token is not in the database', async () => {
  const { db } = opened.database
  const user = await addUser()
  const token = randomBytes(32).toString('base64url')
  await insertSession(db, { token, userId: user.id, expiresAt: soon })
  expect(await sessionByToken(db, token, now)).toMatchObject({ user, expires_at: soon })
  expect(await sessionByToken(db, token, soon)).toBeUndefined()
  const [stored] = await db.execute(sql`select token_hash from sessions where user_id = ${user.id}`)
  expect(stored).toEqual([{ token_hash: createHash('sha256').update(token).digest('hex') }])
  expect(await touchSession(db, token, { now, expiresAt: '2026-05-01T14:00:00.000Z' })).toBe(true)
  expect(await sessionByToken(db, token, soon)).toMatchObject({ last_seen_at: now })
  expect(
    await touchSession(db, token, { now: '2026-05-02T00:00:00.000Z', expiresAt: '2027-01-01T00:00:00.000Z' }),
  ).toBe(false)
})

test('sessions end one by one, all but one, and by age', async () => {
  const { db } = opened.database
  const user = await addUser()
  for (const token of ['a', 'b', 'c', 'd']) {
    await insertSession(db, {
      token: `${user.id}-${token}`,
      userId: user.id,
      expiresAt: token === 'd' ? now : soon,
    })
  }
  expect(await pruneSessions(db, now)).toBe(1)
  expect(await deleteSession(db, `${user.id}-a`)).toBe(true)
  expect(await deleteSessionsOf(db, user.id, `${user.id}-b`)).toBe(1)
  expect(await sessionByToken(db, `${user.id}-b`, now)).toBeDefined()
})

test('an API token works until it expires or is deleted by its owner', async () => {
  const { db } = opened.database
  const user = await addUser()
  const token = { userId: user.id, name: 'ci', expiresAt: null }
  await insertApiToken(db, { ...token, id: `t1-${user.id}`, token: `for ever ${user.id}` })
  await insertApiToken(db, { ...token, id: `t2-${user.id}`, token: `an hour ${user.id}`, expiresAt: soon })
  expect(await userByApiToken(db, `an hour ${user.id}`, soon)).toBeUndefined()
  await touchApiToken(db, `t1-${user.id}`, now)
  expect(await userByApiToken(db, `for ever ${user.id}`, soon)).toEqual({
    user,
    tokenId: `t1-${user.id}`,
    lastUsedAt: now,
  })
  expect(await deleteApiToken(db, 'somebody else', `t1-${user.id}`)).toBe(false)
  expect(await deleteApiToken(db, user.id, `t1-${user.id}`)).toBe(true)
  expect(await userByApiToken(db, `for ever ${user.id}`, now)).toBeUndefined()
})

test('of twenty starts with one key one is fresh, and the others learn what it started', async () => {
  const { db } = opened.database
  const { id: userId } = await addUser()
  const starts = Array.from({ length: 20 }, (_, n) => ({
    userId,
    key: 'k',
    requestHash: n < 10 ? 'A' : 'B',
    resourceId: `backup-${n}`,
  }))
  const answers = await Promise.all(starts.map((start) => rememberStart(db, start)))
  const winner = answers.findIndex((answer) => answer.fresh)
  expect(answers.filter((answer) => answer.fresh)).toHaveLength(1)
  for (const [n, answer] of answers.entries()) {
    if (n === winner) continue
    expect(answer).toEqual({
      fresh: false,
      resourceId: `backup-${winner}`,
      sameRequest: n < 10 === winner < 10,
    })
  }
  expect(await findStart(db, userId, 'k')).toEqual({
    requestHash: winner < 10 ? 'A' : 'B',
    resourceId: `backup-${winner}`,
  })
  expect(await findStart(db, 'somebody else', 'k')).toBeUndefined()
  expect(await forgetStart(db, userId, 'k')).toBe(true)
  expect(await rememberStart(db, { userId, key: 'k', requestHash: 'C', resourceId: 'r' })).toEqual({
    fresh: true,
  })
  expect(await rememberStart(db, { userId, key: 'K', requestHash: 'C', resourceId: 'r' })).toEqual({
    fresh: true,
  })
  expect(await pruneStarts(db, '2999-01-01T00:00:00.000Z')).toBe(2)
})

test('the audit is paged, newest first, by who and what', async () => {
  const { db } = opened.database
  const event = {
    user_id: null,
    username: 'auditor',
    action: 'POST backups',
    subject: null,
    status_code: 202,
    address: '::1',
    detail: { a: 1 },
  }
  for (let n = 0; n < 3; n += 1)
    await insertAudit(db, { ...event, id: `audit-${n}`, created_at: `2026-05-0${n + 1}T00:00:00.000Z` })
  await insertAudit(db, { ...event, id: 'audit-x', username: 'other', created_at: now })
  const first = await listAudit(db, { username: 'auditor' }, { limit: 2 })
  expect(first.rows.map((row) => row.id)).toEqual(['audit-2', 'audit-1'])
  expect(first.rows[0]).toEqual({ ...event, id: 'audit-2', created_at: '2026-05-03T00:00:00.000Z' })
  const second = await listAudit(db, { username: 'auditor' }, { limit: 2, cursor: first.next_cursor ?? '' })
  expect(second).toMatchObject({ rows: [{ id: 'audit-0' }], next_cursor: null, total: 3 })
})

test('totals are exact to ten thousand and then capped', async () => {
  const { db } = opened.database
  const fill = (rows: number, action: string) =>
    db.execute(sql`insert into audit_events (id, username, action, status_code, detail, created_at)
      select concat(${action}, seq), 'filler', ${action}, 200, '{}', '2026-01-01' from ${sql.raw(`seq_1_to_${rows}`)}`)
  await fill(10_000, 'exact')
  await fill(10_001, 'over')
  const total = async (action: string) => {
    const page = await listAudit(db, { action }, { limit: 1 })
    return [page.total, page.total_is_capped]
  }
  expect(await total('exact')).toEqual([10_000, false])
  expect(await total('over')).toEqual([10_000, true])
})

test('a credential is replaced and deleted', async () => {
  const { db } = opened.database
  await insertCredential(db, { id: 'credential-1', sealed: 'one', description: 'd' })
  expect(await replaceCredential(db, 'credential-1', 'two')).toBe(true)
  expect(await replaceCredential(db, 'credential-2', 'two')).toBe(false)
  expect(await credentialById(db, 'credential-1')).toMatchObject({ sealed: 'two', description: 'd' })
  expect(await deleteCredential(db, 'credential-1')).toBe('deleted')
  expect(await deleteCredential(db, 'credential-1')).toBe('not-found')
})
