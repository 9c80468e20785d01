import type { Express, NextFunction, Request, RequestHandler, Response } from 'express'
import { createProxyMiddleware } from 'http-proxy-middleware'
import { recordMutation } from './audit.js'
import { authenticate } from './auth/authenticate.js'
import { csrfRefusal } from './auth/csrf.js'
import { hasRole, mustChangeFirst } from './auth/roles.js'
import { sessionCookie } from './auth/tokens.js'
import type { ApiContext } from './context.js'
import { toApiProblem } from './errors.js'
import { ApiProblem, serviceUnavailable } from './problem.js'
import type { Caller } from './route.js'
import { sendProblem } from './send-problem.js'

const prefix = '/temporal'

/** The Temporal UI under `/temporal/`, behind our login; who is not admin may read and query only. */
export function mountTemporalUi(app: Express, context: ApiContext): void {
  const proxy = context.temporalUiUrl === undefined ? noTemporalUi : proxyTo(context.temporalUiUrl)
  app.use(prefix, (request, response, next) => {
    admit(context, request, response).then(
      (admitted) => void (admitted ? proxy(request, response, next) : undefined),
      (error: unknown) => sendProblem(response, toApiProblem(error)),
    )
  })
}

/** True when the request may go on; a browser without a login is sent to ours. */
async function admit(context: ApiContext, request: Request, response: Response): Promise<boolean> {
  let caller: Caller
  try {
    caller = await authenticate(context, request)
  } catch (error) {
    if (!wantsPage(request) || toApiProblem(error).status !== 401) throw error
    response.redirect(302, `/login?next=${encodeURIComponent(request.originalUrl)}`)
    return false
  }
  const refusal = csrfRefusal({
    method: request.method,
    via: caller.via,
    host: request.headers.host,
    origin: request.headers.origin,
    secFetchSite: request.get('sec-fetch-site'),
    csrfHeader: undefined,
    needsHeader: false,
  })
  if (refusal !== null) throw new ApiProblem(403, 'csrf', refusal)
  if (mustChangeFirst(caller))
    throw new ApiProblem(
      403,
      'must-change-password',
      'The first password must be changed before anything else',
    )
  const reads = onlyReads(request.method, request.path)
  if (!reads && !hasRole(caller.user.role, 'admin')) {
    await record(context, request, caller, 403)
    throw new ApiProblem(403, 'forbidden', 'Only an administrator may change anything in the Temporal UI')
  }
  if (!reads) response.on('finish', () => void record(context, request, caller, response.statusCode))
  return true
}

/** Reading, and Temporal's queries, which are asked by POST and change nothing. */
export const onlyReads = (method: string, path: string): boolean =>
  ['GET', 'HEAD', 'OPTIONS'].includes(method) ||
  (method === 'POST' &&
    /^\/api\/v1\/namespaces\/[^/]+\/workflows\/[^/]+(\/runs\/[^/]+)?\/query\/[^/]+$/.test(path))

const record = (context: ApiContext, request: Request, caller: Caller, status: number): Promise<void> =>
  recordMutation(context, {
    request,
    caller,
    action: `temporal-ui ${request.method}`,
    subject: request.path.slice(0, 255),
    status,
  })

const wantsPage = (request: Request): boolean =>
  request.method === 'GET' && (request.get('accept') ?? '').includes('text/html')

const noTemporalUi: RequestHandler = (_request, response) =>
  sendProblem(
    response,
    new ApiProblem(404, 'not-found', 'There is no Temporal UI here', {
      remedy: 'Set TEMPORAL_UI_URL to the address of one.',
    }),
  )

function proxyTo(url: string): (request: Request, response: Response, next: NextFunction) => void {
  return createProxyMiddleware<Request, Response>({
    target: new URL(url).origin,
    // Mounted under the prefix, which Express takes off and the UI wants back.
    pathRewrite: (path) => `${prefix}${path === '/' ? '/' : path}`,
    proxyTimeout: 120_000,
    on: {
      // Our session is none of the UI's business, which may be another cluster's.
      proxyReq: (outgoing) => {
        outgoing.removeHeader('authorization')
        const cookies = withoutSession(String(outgoing.getHeader('cookie') ?? ''))
        if (cookies === '') outgoing.removeHeader('cookie')
        else outgoing.setHeader('cookie', cookies)
      },
      // Helmet's policy is for our page; the UI's needs inline scripts and styles.
      proxyRes: (incoming) => {
        delete incoming.headers['content-security-policy']
      },
      error: (_error, _request, response) => {
        if ('setHeader' in response)
          sendProblem(
            response as Response,
            serviceUnavailable('The Temporal UI is away', 'Check that it runs.'),
          )
      },
    },
  }) as (request: Request, response: Response, next: NextFunction) => void
}

export const withoutSession = (cookies: string): string =>
  cookies
    .split(';')
    .map((cookie) => cookie.trim())
    .filter((cookie) => cookie !== '' && !cookie.startsWith(`${sessionCookie}=`))
    .join('; ')
