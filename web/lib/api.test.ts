import type { AddressInfo } from 'node:net'
import type { IncomingMessage } from 'node:http'
import { createServer } from 'node:http'
import { listBackups, startBackup } from '../../api/contract/backups.js'
import { logout } from '../../api/contract/auth.js'
import { listPlatforms, testPlatform } from '../../api/contract/platforms.js'
import { callApi, urlOf } from './api.js'
import { failureText } from './failure-text.js'

interface Answer {
  readonly status: number
  readonly body?: unknown
}

/** A real HTTP server for the relative addresses that a browser would complete by itself. */
const serve = async (answer: Answer) => {
  const seen: IncomingMessage[] = []
  const server = createServer((request, response) => {
    seen.push(request)
    response.writeHead(answer.status, { 'content-type': 'application/problem+json' })
    response.end(answer.body === undefined ? undefined : JSON.stringify(answer.body))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const real = globalThis.fetch
  globalThis.fetch = (input, init) => real(new URL(String(input), origin), init)
  return {
    seen,
    [Symbol.asyncDispose]: async () => {
      globalThis.fetch = real
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

const problem = {
  type: 'https://sendense.invalid/problems/vm-busy',
  title: 'VM busy',
  status: 409,
  detail: 'A backup of pgtest2 runs already',
  code: 'vm-busy',
  errors: [],
  remedy: 'Wait for it or cancel it.',
  error: 'A backup of pgtest2 runs already',
  running_backup_id: 'backup-pgtest2-1',
}

test('parameters are encoded and undefined queries left out', () => {
  expect(urlOf(testPlatform, { id: 'a/b' })).toBe('/api/v1/platforms/a%2Fb/test')
  expect(urlOf(listBackups, {}, { status: 'failed', vm_name: undefined })).toBe(
    '/api/v1/backups?status=failed',
  )
  expect(() => urlOf(testPlatform)).toThrow('testPlatform needs the parameter id')
})

test('a mutation carries the CSRF header, its body and its idempotency key; a read carries none', async () => {
  await using api = await serve({ status: 409, body: problem })
  const body = { vm_context_id: 'ctx-1', repository_id: 1 }
  await expect(callApi(startBackup, { body, idempotencyKey: 'k1' })).rejects.toThrow()
  await expect(callApi(listBackups)).rejects.toThrow()
  const [start, list] = api.seen
  expect(start?.headers).toMatchObject({ 'x-sendense-csrf': '1', 'idempotency-key': 'k1' })
  expect(list?.headers['x-sendense-csrf']).toBeUndefined()
})

test('problem+json becomes an ApiProblem with the running backup', async () => {
  await using _api = await serve({ status: 409, body: problem })
  await expect(callApi(startBackup, { body: { repository_id: 1 } })).rejects.toMatchObject({
    status: 409,
    code: 'vm-busy',
    message: problem.detail,
    remedy: problem.remedy,
    runningBackupId: 'backup-pgtest2-1',
  })
})

test('wrong fields are named without the word body', async () => {
  const errors = [{ path: 'body.name', message: 'too long' }]
  await using _api = await serve({
    status: 400,
    body: { ...problem, status: 400, code: 'bad-request', errors },
  })
  const error: unknown = await callApi(listBackups).catch((caught: unknown) => caught)
  expect(failureText(error).details).toEqual(['name: too long'])
})

test('an answer without a body is undefined', async () => {
  await using _api = await serve({ status: 204 })
  await expect(callApi(logout)).resolves.toBeUndefined()
})

test('an answer against the contract names the place', async () => {
  await using _api = await serve({ status: 200, body: { platforms: [], total: 'many' } })
  await expect(callApi(listPlatforms)).rejects.toMatchObject({
    code: 'unreadable',
    message: expect.stringContaining('total') as string,
  })
})

test("a proxy's page with status 502 is a service that is away, with a remedy", async () => {
  await using _api = await serve({ status: 502 })
  const error: unknown = await callApi(listPlatforms).catch((caught: unknown) => caught)
  expect(error).toMatchObject({ code: 'service-unavailable', status: 502 })
  expect(failureText(error).remedy).toMatch(/npm run doctor/)
})

test('no answer at all says what to check', async () => {
  const api = await serve({ status: 200 })
  const toClosed = globalThis.fetch
  await api[Symbol.asyncDispose]()
  const real = globalThis.fetch
  globalThis.fetch = toClosed
  const error: unknown = await callApi(listPlatforms).catch((caught: unknown) => caught)
  globalThis.fetch = real
  expect(error).toMatchObject({ code: 'unreachable', status: 0 })
  expect(failureText(error).remedy).toMatch(/npm run doctor/)
})

test('an error of the page itself is not blamed on the API', () =>
  expect(failureText(new TypeError('x is undefined')).details).toEqual(['x is undefined']))
