import { finishBackup } from '../drizzle/queries/backup-changes.js'
import { openTestDatabase } from '../drizzle/testing/database.js'
import type { TestDatabase } from '../drizzle/testing/database.js'
import { registerVm, startBackup } from '../drizzle/testing/samples.js'
import { temporalAddressOf } from './testing/environment.js'
import { aUser, openTestApi } from './testing/test-api.js'
import type { TestApi } from './testing/test-api.js'

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

interface Stream {
  /** Reads until `said` is true of everything read so far. */
  until(said: (text: string) => boolean): Promise<string>
  /** Reads to the end, which must come. */
  end(): Promise<string>
  close(): Promise<void>
}

async function open(headers: Record<string, string>, query = ''): Promise<Stream> {
  const response = await fetch(`${api.url}/api/v1/events${query}`, { headers })
  if (response.body === null || response.status !== 200) throw new Error(`no stream: ${response.status}`)
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader()
  let text = ''
  const until = async (said: (text: string) => boolean): Promise<string> => {
    while (!said(text)) {
      const { done, value } = await reader.read()
      if (done) throw new Error(`the stream ended after: ${text}`)
      text += value
    }
    return text
  }
  const end = async (): Promise<string> => {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return text
      text += value
    }
  }
  return { until, end, close: () => reader.cancel() }
}

const password = 'a good long password'
async function loggedIn(): Promise<string> {
  const { username } = await aUser(api.context, 'viewer', { password })
  const answer = await api.call('POST', '/auth/login', { body: { username, password } })
  return (answer.headers.get('set-cookie') ?? '').split(';')[0] ?? ''
}
const lastId = (text: string): string => [...text.matchAll(/^id: (.+)$/gm)].at(-1)?.[1] ?? ''

test('a stranger gets no stream', async () => {
  expect((await fetch(`${api.url}/api/v1/events`)).status).toBe(401)
})

test('what changes in a backup is sent, with the topics that were asked for only', async () => {
  const cookie = await loggedIn()
  const stream = await open({ cookie }, '?topics=backups')
  const of = await registerVm(api.context.db)
  const id = await startBackup(api.context.db, of)
  await stream.until((text) => text.includes(`"backup_id":"${id}"`))
  api.context.hub.publish('platforms', { id: 'plat-hidden' })
  await finishBackup(api.context.db, id, {
    status: 'failed',
    cleanup: 'done',
    completed_at: new Date().toISOString(),
  })
  const text = await stream.until((all) => all.includes('"status":"failed"'))
  expect(text).toMatch(/event: backups\ndata: \{/)
  expect(text).not.toContain('plat-hidden')
  await stream.close()
}, 20_000)

test('a client that comes back gets what it missed; with an unknown id it is told to ask again', async () => {
  const cookie = await loggedIn()
  const first = await open({ cookie })
  const seen = lastId(await first.until((text) => text.includes('id: ')))
  await first.close()
  api.context.hub.publish('repositories', { id: '7' })
  const second = await open({ cookie, 'last-event-id': seen })
  expect(await second.until((text) => text.includes('data: '))).toMatch(
    /event: repositories\ndata: \{"id":"7"\}/,
  )
  await second.close()
  const third = await open({ cookie, 'last-event-id': 'of-another-process-5' })
  expect(await third.until((text) => text.includes('data: '))).toMatch(/event: reset\n/)
  await third.close()
}, 20_000)

test('the stream ends with its session, another session keeps its own', async () => {
  const [mine, other] = [await loggedIn(), await loggedIn()]
  const [ending, staying] = [await open({ cookie: mine }), await open({ cookie: other })]
  await api.call('POST', '/auth/logout', { headers: { cookie: mine, 'x-sendense-csrf': '1' } })
  await ending.end()
  api.context.hub.publish('platforms', { id: 'plat-later' })
  await staying.until((text) => text.includes('plat-later'))
  await staying.close()
}, 20_000)

test('a changed password ends the streams of the other sessions', async () => {
  const { username } = await aUser(api.context, 'viewer', { password })
  const login = () => api.call('POST', '/auth/login', { body: { username, password } })
  const [one, two] = [String((await login()).body['token']), String((await login()).body['token'])]
  const stream = await open({ authorization: `Bearer ${two}` })
  const body = { current_password: password, new_password: 'another good password' }
  expect((await api.call('POST', '/auth/password', { token: one, body })).status).toBe(200)
  await stream.end()
}, 20_000)
