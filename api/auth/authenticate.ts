import { parse as parseCookies } from 'cookie'
import type { Request } from 'express'
import { touchApiToken, userByApiToken } from '../../drizzle/queries/api-tokens.js'
import { sessionByToken, touchSession } from '../../drizzle/queries/sessions.js'
import type { ApiContext } from '../context.js'
import { ApiProblem } from '../problem.js'
import type { Caller } from '../route.js'
import { isApiToken, sessionCookie, sessionEnd } from './tokens.js'

const touchEveryMs = 60_000

/** Who calls: a bearer token (session or API token), else the session cookie. Throws 401. */
export async function authenticate(context: ApiContext, request: Request): Promise<Caller> {
  const bearer = bearerOf(request)
  const token = bearer ?? parseCookies(request.headers.cookie ?? '')[sessionCookie]
  if (token === undefined || token === '') throw unauthenticated('Log in first')
  const via = bearer === undefined ? 'cookie' : 'bearer'
  const caller =
    bearer !== undefined && isApiToken(token)
      ? await byApiToken(context, token)
      : await bySession(context, token, via)
  if (caller === null) throw unauthenticated('The login has ended or is not known')
  return caller
}

function bearerOf(request: Request): string | undefined {
  const header = request.headers.authorization
  if (header === undefined) return undefined
  const [, token] = /^Bearer +([A-Za-z0-9_-]{1,256})$/i.exec(header) ?? []
  if (token === undefined) throw unauthenticated('The Authorization header is not "Bearer <token>"')
  return token
}

async function bySession(context: ApiContext, token: string, via: Caller['via']): Promise<Caller | null> {
  const now = new Date()
  const session = await sessionByToken(context.db, token, now.toISOString())
  if (session === undefined) return null
  const stale = now.getTime() - Date.parse(session.last_seen_at) > touchEveryMs
  const expiresAt = stale ? sessionEnd(now) : session.expires_at
  if (stale) await touchSession(context.db, token, { now: now.toISOString(), expiresAt })
  return { user: session.user, via, sessionToken: token, expiresAt }
}

// An API token in a cookie would be sent by browsers on their own; it is taken as a bearer token only.
async function byApiToken(context: ApiContext, token: string): Promise<Caller | null> {
  const now = new Date()
  const found = await userByApiToken(context.db, token, now.toISOString())
  if (found === undefined) return null
  const lastUsed = found.lastUsedAt === null ? 0 : Date.parse(found.lastUsedAt)
  if (now.getTime() - lastUsed > touchEveryMs)
    await touchApiToken(context.db, found.tokenId, now.toISOString())
  return { user: found.user, via: 'bearer', sessionToken: null, expiresAt: null }
}

const unauthenticated = (sentence: string): ApiProblem =>
  new ApiProblem(401, 'unauthenticated', sentence, {
    remedy:
      'Log in on the page or with POST /api/v1/auth/login, and send the token as "Authorization: Bearer …".',
  })
