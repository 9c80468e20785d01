import type { Request } from 'express'
import { insertAudit } from '../drizzle/queries/audit.js'
import type { ApiContext } from './context.js'
import { randomId } from './ids.js'
import { safeError } from './log.js'
import type { AuditFacts, Caller } from './route.js'

export interface Mutation {
  readonly request: Request
  readonly caller: Caller | null
  /** The operation's name in the contract. */
  readonly action: string
  readonly subject: string | null
  readonly status: number
  /** Of the problem, where one was the answer. */
  readonly code?: string
  /** What the answer says that its record should tell. */
  readonly facts?: AuditFacts | undefined
}

const reading = new Set(['GET', 'HEAD', 'OPTIONS'])

/**
 * Writes who asked for what and what came of it, before the answer leaves. Reading leaves no record. Nor do strangers
 * (401, 429), who could fill the database with them; a failed login does. The record goes to the log when the
 * database does not take it.
 */
export async function recordMutation(context: ApiContext, mutation: Mutation): Promise<void> {
  const { request, caller, action, subject, status } = mutation
  if (reading.has(request.method) || (caller === null && action !== 'login') || status === 429) return
  const event = {
    id: randomId('audit'),
    user_id: caller?.user.id ?? null,
    username: (caller?.user.username ?? claimedName(request)).slice(0, 255),
    action: action.slice(0, 128),
    subject: subject?.slice(0, 255) ?? null,
    status_code: status,
    address: request.ip?.slice(0, 64) ?? null,
    detail: detailOf(mutation),
    created_at: new Date().toISOString(),
  }
  try {
    await insertAudit(context.db, event)
  } catch (error) {
    context.log.error({ audit: event, ...safeError(error) }, 'an audit record could not be stored')
  }
}

const detailOf = ({ code, facts }: Mutation): Record<string, unknown> => ({
  ...facts,
  ...(code === undefined ? {} : { code }),
})

// Of a login nothing but the name: whoever typed the password into the name field finds it here as anywhere.
const claimedName = (request: Request): string => {
  const { username } = (request.body ?? {}) as { username?: unknown }
  return typeof username === 'string' ? username.slice(0, 128) : 'unknown'
}
