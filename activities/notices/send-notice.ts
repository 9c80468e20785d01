import { createHmac } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { Failure } from '../../domain/failure.js'
import type { NoticeKind } from '../../domain/notice.js'
import { noticeBody } from '../../domain/rules/notices.js'
import type { Db } from '../../drizzle/open.js'
import { noticeFacts } from '../../drizzle/queries/notice-facts.js'
import type { HistorySteps } from '../history-steps.js'

export interface Webhook {
  /** Http or https; may itself be a secret, and is told to nobody. */
  readonly url: string
  /** A file with the key of the signature; null: it is not signed. */
  readonly secretFile: string | null
  readonly kinds: ReadonlySet<NoticeKind>
}

export interface NoticeDependencies {
  readonly db: Db
  readonly now: () => Date
  /** Null: there is none. */
  readonly webhook: Webhook | null
  readonly timeoutMs?: number
}

const usualTimeoutMs = 10_000

/** Sends one event; sent twice it has the same `id`, by which a receiver tells. */
export const sendNotice =
  (dependencies: NoticeDependencies): HistorySteps['sendNotice'] =>
  async (event) => {
    const { db, webhook } = dependencies
    // The webhook may have been taken away since the event was noticed.
    if (webhook === null || !webhook.kinds.has(event.kind)) return { sent: false }
    const facts = await noticeFacts(db, event)
    // A flow's row stays when it is deleted: this is another database.
    if (facts === undefined) return { sent: false }
    await post(dependencies, webhook, noticeBody(event, facts))
    return { sent: true }
  }

async function post(
  { now, timeoutMs = usualTimeoutMs }: NoticeDependencies,
  { url, secretFile }: Webhook,
  notice: ReturnType<typeof noticeBody>,
): Promise<void> {
  const body = JSON.stringify(notice)
  const timestamp = String(Math.floor(now().getTime() / 1000))
  const headers: Record<string, string> = {
    'content-type': 'application/json',
    'user-agent': 'sendense',
    'x-sendense-event-id': notice.id,
    'x-sendense-timestamp': timestamp,
  }
  if (secretFile !== null) headers['x-sendense-signature'] = await signatureOf(secretFile, timestamp, body)
  const response = await fetch(url, {
    method: 'POST',
    headers,
    body,
    // Whoever moved the webhook must say so here: a redirect would send it wherever the answer likes.
    redirect: 'manual',
    signal: AbortSignal.timeout(timeoutMs),
  }).catch((error: unknown) => {
    throw unreachable(url, error)
  })
  await response.body?.cancel()
  if (response.ok) return
  throw refused(url, response.status)
}

/** `v1=` and the HMAC-SHA256 over `<timestamp>.<body>` in hex; the file's last line break does not count. */
async function signatureOf(secretFile: string, timestamp: string, body: string): Promise<string> {
  const secret = await readFile(secretFile, 'utf8').catch((cause: unknown) => {
    throw new Failure('service-unavailable', 'The file with the secret of the webhook cannot be read', {
      retry: true,
      remedy: 'Check SENDENSE_WEBHOOK_SECRET_FILE and the rights on its file.',
      cause,
    })
  })
  const key = secret.replace(/\r?\n$/, '')
  return `v1=${createHmac('sha256', key).update(`${timestamp}.${body}`).digest('hex')}`
}

// The host alone: path and query of a webhook are often its password.
const hostOf = (url: string): string => new URL(url).host

function unreachable(url: string, error: unknown): Failure {
  // Its own text may carry the address. By name: time-outs are no `Error` of ours in every runtime.
  const { name, cause } = error as { readonly name?: unknown; readonly cause?: { readonly code?: unknown } }
  const code = cause?.code
  const why =
    name === 'TimeoutError' ? 'no answer in time' : typeof code === 'string' ? code : 'no connection'
  return new Failure('service-unavailable', `The webhook at ${hostOf(url)} cannot be reached: ${why}`, {
    retry: true,
    remedy: 'Check SENDENSE_WEBHOOK_URL and that the receiver runs.',
  })
}

function refused(url: string, status: number): Failure {
  const isRedirect = status >= 300 && status < 400
  return new Failure('service-unavailable', `The webhook at ${hostOf(url)} answered ${status}`, {
    retry: !isRedirect,
    facts: { status },
    remedy: isRedirect
      ? 'Redirects are not followed: set SENDENSE_WEBHOOK_URL to where the receiver is.'
      : 'Check SENDENSE_WEBHOOK_URL, its secret and the receiver.',
  })
}
