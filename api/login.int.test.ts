import { listAudit } from '../drizzle/queries/audit.js'
import { openTestDatabase } from '../drizzle/testing/database.js'
import type { TestDatabase } from '../drizzle/testing/database.js'
import { temporalAddressOf } from './testing/environment.js'
import { aUser, openTestApi } from './testing/test-api.js'
import type { Answer, TestApi } from './testing/test-api.js'

let database: TestDatabase
let api: TestApi
beforeAll(async () => {
  database = await openTestDatabase()
  api = await openTestApi({ database: database.database, temporalAddress: temporalAddressOf(process.env) })
}, 60_000)
afterAll(async () => {
  await api[Symbol.asyncDispose]()
  await database[Symbol.asyncDispose]()
})

const password = 'a good long password'
const login = (username: string, tried = password): Promise<Answer> =>
  api.call('POST', '/auth/login', { body: { username, password: tried } })
const cookieOf = (answer: Answer): string => (answer.headers.get('set-cookie') ?? '').split(';')[0] ?? ''
const page = { 'x-sendense-csrf': '1' }

test('a login gives a token and a cookie that scripts and other sites cannot use', async () => {
  const { username } = await aUser(api.context, 'operator', { password })
  const answer = await login(username)
  expect(answer).toMatchObject({
    status: 200,
    body: { user: { username, role: 'operator', must_change_password: false } },
  })
  expect(answer.headers.get('set-cookie')).toMatch(
    /^sendense_session=sds_[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict$/,
  )
  const me = await api.call('GET', '/auth/me', { token: String(answer.body['token']) })
  expect(me).toMatchObject({ status: 200, body: { user: { username } } })
  const byCookie = await api.call('GET', '/auth/me', { headers: { cookie: cookieOf(answer) } })
  expect(byCookie.status).toBe(200)
})

test('over https the cookie is for https only', async () => {
  const { username } = await aUser(api.context, 'viewer', { password })
  const headers = { 'x-forwarded-proto': 'https' }
  const answer = await api.call('POST', '/auth/login', { body: { username, password }, headers })
  expect(answer.headers.get('set-cookie')).toMatch(/; Secure/)
})

test('after the logout neither token nor cookie is known', async () => {
  const { username } = await aUser(api.context, 'viewer', { password })
  const answer = await login(username)
  const cookie = cookieOf(answer)
  const out = await api.call('POST', '/auth/logout', { headers: { cookie, ...page } })
  expect(out.status).toBe(204)
  expect((await api.call('GET', '/auth/me', { headers: { cookie } })).status).toBe(401)
  expect((await api.call('GET', '/auth/me', { token: String(answer.body['token']) })).status).toBe(401)
})

test('a wrong password and an unknown user get the same answer', async () => {
  const { username } = await aUser(api.context, 'viewer', { password })
  const wrong = await login(username, 'not the password')
  const unknown = await login('nobody-of-that-name', 'not the password')
  expect(wrong.status).toBe(401)
  expect(unknown.status).toBe(401)
  expect(unknown.body).toEqual(wrong.body)
})

test('after ten failures the name is closed from this address, others are not', async () => {
  const { username } = await aUser(api.context, 'viewer', { password })
  const { username: other } = await aUser(api.context, 'viewer', { password })
  for (let tries = 0; tries < 10; tries += 1) expect((await login(username, 'wrong')).status).toBe(401)
  const closed = await login(username)
  expect(closed).toMatchObject({ status: 429, body: { code: 'too-many-requests' } })
  expect(Number(closed.headers.get('retry-after'))).toBeGreaterThan(0)
  expect((await login(other)).status).toBe(200)
})

test('nothing but the password change works until the first password is changed', async () => {
  const { username } = await aUser(api.context, 'admin', { password, mustChange: true })
  const token = String((await login(username)).body['token'])
  expect(await api.call('GET', '/platforms', { token })).toMatchObject({
    status: 403,
    body: { code: 'must-change-password' },
  })
  expect(await api.call('GET', '/temporal/', { token })).toMatchObject({
    status: 403,
    body: { code: 'must-change-password' },
  })
  expect((await api.call('GET', '/auth/me', { token })).status).toBe(200)
  const change = (current_password: string, new_password: string): Promise<Answer> =>
    api.call('POST', '/auth/password', { token, body: { current_password, new_password } })
  expect((await change('wrong', 'another good password')).status).toBe(422)
  expect((await change(password, password)).status).toBe(400)
  expect((await change(password, 'short')).status).toBe(400)
  expect(await change(password, 'another good password')).toMatchObject({
    status: 200,
    body: { user: { must_change_password: false } },
  })
  expect((await api.call('GET', '/platforms', { token })).status).toBe(200)
  expect((await login(username)).status).toBe(401)
  expect((await login(username, 'another good password')).status).toBe(200)
})

test('an API token works while its owner has a first password, which tools cannot change', async () => {
  const { token } = await aUser(api.context, 'admin', { mustChange: true })
  expect((await api.call('GET', '/platforms', { token })).status).toBe(200)
})

test('a changed password ends the other sessions and keeps this one', async () => {
  const { username } = await aUser(api.context, 'viewer', { password })
  const [one, two] = [await login(username), await login(username)]
  const token = String(one.body['token'])
  const body = { current_password: password, new_password: 'another good password' }
  expect((await api.call('POST', '/auth/password', { token, body })).status).toBe(200)
  expect((await api.call('GET', '/auth/me', { token })).status).toBe(200)
  expect((await api.call('GET', '/auth/me', { token: String(two.body['token']) })).status).toBe(401)
})

describe('with the cookie', () => {
  let cookie: string
  beforeAll(async () => {
    const { username } = await aUser(api.context, 'admin', { password })
    cookie = cookieOf(await login(username))
  })
  const post = (headers: Record<string, string>): Promise<Answer> =>
    api.call('POST', '/platforms', { body: {}, headers: { cookie, ...headers } })

  test('a mutation without our header is refused', async () => {
    expect(await post({})).toMatchObject({ status: 403, body: { code: 'csrf' } })
  })
  test('a mutation from another site is refused even with the header', async () => {
    expect(await post({ ...page, origin: 'http://evil.example' })).toMatchObject({
      status: 403,
      body: { code: 'csrf' },
    })
    expect(await post({ ...page, 'sec-fetch-site': 'cross-site' })).toMatchObject({
      status: 403,
      body: { code: 'csrf' },
    })
  })
  test('a mutation of our own page reaches the validation', async () => {
    expect(await post({ ...page, origin: api.url, 'sec-fetch-site': 'same-origin' })).toMatchObject({
      status: 400,
    })
  })
  test('an API token is not taken from a cookie', async () => {
    const { token } = await aUser(api.context, 'admin')
    expect(
      (await api.call('GET', '/auth/me', { headers: { cookie: `sendense_session=${token}` } })).status,
    ).toBe(401)
  })
})

test('every mutation of a known user leaves an audit record with its outcome, strangers leave none', async () => {
  const { username, token } = await aUser(api.context, 'viewer', { password })
  await login(username)
  await login(username, 'wrong')
  await api.call('GET', '/platforms', { token })
  await api.call('DELETE', '/platforms/plat-1', { token })
  const before = await listAudit(api.context.db, {}, { limit: 1 })
  await api.call('DELETE', '/platforms/plat-1')
  const after = await listAudit(api.context.db, {}, { limit: 1 })
  expect(after.total).toBe(before.total)
  const { rows } = await listAudit(api.context.db, { username }, { limit: 10 })
  const records = rows.map(({ action, status_code, subject, detail }) => ({
    action,
    status_code,
    subject,
    detail,
  }))
  expect(records).toHaveLength(3)
  expect(records).toContainEqual(expect.objectContaining({ action: 'login', status_code: 200 }))
  expect(records).toContainEqual({
    action: 'login',
    status_code: 401,
    subject: null,
    detail: { code: 'unauthenticated' },
  })
  expect(records).toContainEqual({
    action: 'deletePlatform',
    status_code: 403,
    subject: 'plat-1',
    detail: { code: 'forbidden' },
  })
})

test('no password and no token stands in the log', async () => {
  const { username, token } = await aUser(api.context, 'admin', { password })
  const answer = await login(username)
  await login(username, 'a mistyped secret')
  await api.call('POST', '/platforms', { token, body: '{"password":"a mistyped secret"' })
  for (const secret of [password, 'a mistyped secret', token, String(answer.body['token'])])
    expect(api.logged()).not.toContain(secret)
})
