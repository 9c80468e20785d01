import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { pino } from 'pino'
import { createKeyFile } from '../../activities/vault/create-key-file.js'
import { openVault } from '../../activities/vault/vault.js'
import type { Role } from '../../domain/user.js'
import type { Database } from '../../drizzle/open.js'
import { insertApiToken } from '../../drizzle/queries/api-tokens.js'
import { insertUser } from '../../drizzle/queries/users.js'
import { createApp } from '../app.js'
import { hashPassword } from '../auth/passwords.js'
import { newToken } from '../auth/tokens.js'
import { buildContext, openTemporal } from '../context.js'
import type { ApiContext, ContextParts } from '../context.js'
import { randomId } from '../ids.js'
import { temporalNamespace } from './config.js'

export interface TestApi extends AsyncDisposable {
  readonly context: ApiContext
  readonly url: string
  /** What the API logged, as text. */
  readonly logged: () => string
  /** A request with a bearer token; `body` is sent as JSON, or as it is when it is text. */
  call(method: string, path: string, options?: CallOptions): Promise<Answer>
}

export interface CallOptions {
  readonly token?: string | undefined
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
}

export interface Answer {
  readonly status: number
  readonly body: Record<string, unknown>
  readonly text: string
  readonly headers: Headers
}

export type TestApiParts = Partial<
  Pick<ContextParts, 'temporalUiUrl' | 'webDir' | 'waits' | 'usualRetention'>
> & {
  readonly database: Database
  readonly temporalAddress: string
}

/** The real app on a free port of the loopback interface, with a vault of its own. Answers that break the contract fail. */
export async function openTestApi(parts: TestApiParts): Promise<TestApi> {
  const directory = await mkdtemp(path.join(tmpdir(), 'sendense-api-'))
  const keyFile = path.join(directory, 'key')
  createKeyFile(keyFile)
  const vault = openVault(keyFile)
  const lines: string[] = []
  const { temporalAddress, ...given } = parts
  const context = buildContext({
    ...given,
    temporal: openTemporal({
      address: temporalAddress,
      namespace: temporalNamespace(),
      apiKey: undefined,
      tls: undefined,
    }),
    seal: (credentialId, secret) => vault.seal(secret, credentialId),
    contentToken: vault.tokenOf,
    log: pino({ level: 'debug' }, { write: (line: string) => void lines.push(line) }),
    checkAnswers: true,
  })
  const server = createApp(context).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    context,
    url,
    logged: () => lines.join(''),
    call: (method, at, options) => call(url, method, at, options),
    [Symbol.asyncDispose]: async () => {
      context.hub.close()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
      await context.temporal.connection.close()
      await rm(directory, { recursive: true })
    },
  }
}

async function call(url: string, method: string, at: string, options: CallOptions = {}): Promise<Answer> {
  const { token, body, headers } = options
  const response = await fetch(`${url}${at.startsWith('/temporal') ? '' : '/api/v1'}${at}`, {
    method,
    redirect: 'manual',
    headers: {
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  })
  const text = await response.text()
  const isJson = (response.headers.get('content-type') ?? '').includes('json')
  const parsed = isJson ? (JSON.parse(text) as Record<string, unknown>) : {}
  return { status: response.status, body: parsed, text, headers: response.headers }
}

/** A user with this role, and an API token of theirs. */
export async function aUser(
  context: ApiContext,
  role: Role,
  options: { username?: string; password?: string; mustChange?: boolean } = {},
): Promise<{ id: string; username: string; token: string }> {
  const id = randomId('user')
  const username = options.username ?? `${role}-${randomBytes(4).toString('hex')}`
  const password_hash = await hashPassword(options.password ?? randomBytes(12).toString('hex'))
  const must_change_password = options.mustChange ?? false
  await insertUser(context.db, { id, username, role, must_change_password, password_hash })
  const token = newToken('api')
  await insertApiToken(context.db, {
    id: randomId('token'),
    userId: id,
    name: 'test',
    token,
    expiresAt: null,
  })
  return { id, username, token }
}
