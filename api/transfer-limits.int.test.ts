import { listAudit } from '../drizzle/queries/audit.js'
import { openTestDatabase } from '../drizzle/testing/database.js'
import type { TestDatabase } from '../drizzle/testing/database.js'
import { registerPlatform } from '../drizzle/testing/samples.js'
import { aUser, openTestApi } from './testing/test-api.js'
import type { TestApi } from './testing/test-api.js'

jest.setTimeout(60_000)

let database: TestDatabase
let api: TestApi
let token = ''
let platform_id = ''
beforeAll(async () => {
  database = await openTestDatabase()
  api = await openTestApi({ database: database.database, temporalAddress: '127.0.0.1:1' })
  token = (await aUser(api.context, 'admin')).token
  platform_id = (await registerPlatform(api.context.db)).id
}, 120_000)
afterAll(async () => {
  await api[Symbol.asyncDispose]()
  await database[Symbol.asyncDispose]()
}, 60_000)

const path = '/transfer-limits'
const none = { bytes_per_second: null, calendar: null }
const hours = { days: ['mon', 'fri'], from: '22:00', to: '06:00', bytes_per_second: 'unlimited' }
const get = async () => (await api.call('GET', path, { token })).body
const put = (body: object, as = token) => api.call('PUT', path, { token: as, body })

test('nothing is limited until somebody sets a limit', async () => {
  expect(await get()).toEqual({ process: none, copy: none, platforms: [] })
})

test('all limits are replaced at once, zones get their usual names, and the record says who set what', async () => {
  const calendar = { timezone: 'europe/berlin', entries: [hours] }
  const body = {
    process: { bytes_per_second: 104_857_600, calendar },
    copy: {},
    platforms: [{ platform_id, max_connections: 4 }],
  }
  const written = {
    process: { bytes_per_second: 104_857_600, calendar: { ...calendar, timezone: 'Europe/Berlin' } },
    copy: none,
    platforms: [{ ...none, platform_id, max_connections: 4 }],
  }
  expect(await put(body)).toMatchObject({ status: 200, body: written })
  expect(await get()).toEqual(written)
  const { rows } = await listAudit(api.context.db, { action: 'replaceTransferLimits' }, { limit: 1 })
  expect(rows).toMatchObject([{ subject: 'transfer-limits', status_code: 200, detail: { limits: written } }])
})

test.each([
  {
    name: 'a rate below a grain a second',
    limit: { bytes_per_second: 1000 },
    at: 'process.bytes_per_second',
    says: '65536',
    status: 400,
  },
  {
    name: 'hours without a day',
    limit: { calendar: { timezone: 'UTC', entries: [{ ...hours, days: [] }] } },
    at: 'process.calendar.entries.0.days',
    says: 'must name a day',
    status: 400,
  },
  {
    name: 'no time of day',
    limit: { calendar: { timezone: 'UTC', entries: [{ ...hours, from: '24:00' }] } },
    at: 'process.calendar.entries.0.from',
    says: '06:30',
    status: 400,
  },
  {
    name: 'a word that is no rate',
    limit: { calendar: { timezone: 'UTC', entries: [{ ...hours, bytes_per_second: 'slow' }] } },
    at: 'process.calendar.entries.0.bytes_per_second',
    says: '"stopped"',
    status: 400,
  },
  { name: 'an unknown field', limit: { rate: 1 }, at: 'process.rate', says: 'rate', status: 400 },
  {
    name: 'an unknown zone',
    limit: { calendar: { timezone: 'Mars/Olympus', entries: [hours] } },
    at: 'process.calendar.timezone',
    says: 'time zone',
    status: 422,
  },
])('$name is refused by name and changes nothing', async ({ limit, at, says, status }) => {
  const before = await get()
  const answer = await put({ process: limit, copy: {}, platforms: [] })
  expect(answer.status).toBe(status)
  const errors = answer.body['errors'] as { path: string; message: string }[]
  expect(errors.map((error) => error.path)).toContain(`body.${at}`)
  expect(answer.text).toContain(JSON.stringify(says).slice(1, -1))
  expect(await get()).toEqual(before)
})

test('a platform that is not there is refused, and one that is gone since is left out', async () => {
  const of = (id: string) => ({ process: {}, copy: {}, platforms: [{ platform_id: id }] })
  expect(await put(of('platform-none'))).toMatchObject({ status: 422 })
  const twice = of(platform_id)
  twice.platforms.push({ platform_id })
  expect(await put(twice)).toMatchObject({ status: 400 })
  const gone = (await registerPlatform(api.context.db)).id
  expect(await put(of(gone))).toMatchObject({ status: 200 })
  expect(await api.call('DELETE', `/platforms/${gone}`, { token })).toMatchObject({ status: 204 })
  expect(await get()).toMatchObject({ platforms: [] })
})

test('more than there is room for is refused, not cut', async () => {
  const calendar = { timezone: 'UTC', entries: Array.from({ length: 50 }, () => hours) }
  const ids = await Promise.all(Array.from({ length: 20 }, () => registerPlatform(api.context.db)))
  const platforms = ids.map(({ id }) => ({ platform_id: id, calendar }))
  expect(await put({ process: {}, copy: {}, platforms })).toMatchObject({ status: 422 })
})

test('who is not admin may look, not change', async () => {
  const { token: operator } = await aUser(api.context, 'operator')
  expect(await put({ process: {}, copy: {}, platforms: [] }, operator)).toMatchObject({ status: 403 })
  const { token: viewer } = await aUser(api.context, 'viewer')
  expect(await api.call('GET', path, { token: viewer })).toMatchObject({ status: 200 })
})
