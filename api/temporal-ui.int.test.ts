import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { openTestDatabase } from '../drizzle/testing/database.js'
import type { TestDatabase } from '../drizzle/testing/database.js'
import { temporalAddressOf } from './testing/environment.js'
import { aUser, openTestApi } from './testing/test-api.js'
import type { TestApi } from './testing/test-api.js'

let database: TestDatabase
let api: TestApi
const tokens = { viewer: '', operator: '', admin: '' }
beforeAll(async () => {
  database = await openTestDatabase()
  api = await openTestApi({ database: database.database, temporalAddress: temporalAddressOf(process.env) })
  for (const role of ['viewer', 'operator', 'admin'] as const)
    tokens[role] = (await aUser(api.context, role)).token
}, 60_000)
afterAll(async () => {
  await api[Symbol.asyncDispose]()
  await database[Symbol.asyncDispose]()
})

describe('the Temporal UI', () => {
  test('is 404 where there is none, behind the login', async () => {
    expect((await api.call('GET', '/temporal/')).status).toBe(401)
    expect((await api.call('GET', '/temporal/', { token: tokens.admin })).status).toBe(404)
  })

  test('gets no session of ours, keeps its prefix, and is read-only below admin', async () => {
    const seen: {
      method: string | undefined
      url: string | undefined
      cookie: string | undefined
      authorization: string | undefined
    }[] = []
    const ui = createServer((request, response) => {
      const { cookie, authorization } = request.headers
      seen.push({ method: request.method, url: request.url, cookie, authorization })
      response.setHeader('content-security-policy', "default-src 'none'").end('ui')
    }).listen(0, '127.0.0.1')
    await once(ui, 'listening')
    const temporalUiUrl = `http://127.0.0.1:${(ui.address() as AddressInfo).port}`
    try {
      await using proxied = await openTestApi({
        database: database.database,
        temporalAddress: temporalAddressOf(process.env),
        temporalUiUrl,
      })
      const path = '/temporal/api/v1/namespaces/default/workflows/w/terminate'
      const cookie = '_csrf=a; sendense_session=sds_x'
      const read = await proxied.call('GET', '/temporal/namespaces/default?x=1', {
        token: tokens.viewer,
        headers: { cookie },
      })
      expect(read).toMatchObject({ status: 200, text: 'ui' })
      expect(read.headers.get('content-security-policy')).toMatch(/script-src 'self' 'unsafe-inline'/)
      expect(
        (await proxied.call('POST', path, { token: tokens.operator, body: { reason: 'x' } })).status,
      ).toBe(403)
      expect((await proxied.call('POST', path, { token: tokens.admin, body: { reason: 'x' } })).status).toBe(
        200,
      )
      expect(seen).toEqual([
        {
          method: 'GET',
          url: '/temporal/namespaces/default?x=1',
          cookie: '_csrf=a',
          authorization: undefined,
        },
        { method: 'POST', url: path, cookie: undefined, authorization: undefined },
      ])
      const page = await fetch(`${proxied.url}/temporal/`, {
        headers: { accept: 'text/html' },
        redirect: 'manual',
      })
      expect([page.status, page.headers.get('location')]).toEqual([302, '/login?next=%2Ftemporal%2F'])
    } finally {
      ui.closeAllConnections()
      await new Promise((resolve) => ui.close(resolve))
    }
  })
})
