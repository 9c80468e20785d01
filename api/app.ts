import express from 'express'
import type { Express, NextFunction, Request, Response } from 'express'
import helmet from 'helmet'
import { authenticate } from './auth/authenticate.js'
import { loginLimits } from './auth/login-limit.js'
import type { ApiContext } from './context.js'
import { apiPrefix } from './contract/operation.js'
import { docsPage } from './docs-page.js'
import { toApiProblem } from './errors.js'
import { safeError } from './log.js'
import { openApiDocument } from './openapi.js'
import { ApiProblem } from './problem.js'
import { register } from './register.js'
import { routes } from './routes/all.js'
import { sendProblem } from './send-problem.js'
import { mountTemporalUi } from './temporal-proxy.js'
import { mountWebFiles } from './web-files.js'

// Selecting some hundred VMs is 40 KiB, a CA bundle 64 KiB.
const bodyLimit = '256kb'

/** The whole API, the page and the Temporal UI behind one door. Never listens. */
export function createApp(context: ApiContext): Express {
  const app = express()
  app.disable('x-powered-by')
  // A TLS proxy on this host may say who the client is and that it came by https; nobody else is believed.
  app.set('trust proxy', 'loopback')
  app.set('query parser', 'simple')
  app.use('/temporal', helmet({ contentSecurityPolicy: { useDefaults: false, directives: temporalPolicy } }))
  mountTemporalUi(app, context)
  app.use(helmet({ contentSecurityPolicy: { directives: pagePolicy } }))
  app.use('/api/docs', docsPage())
  app.use('/api', express.json({ limit: bodyLimit, strict: true }))
  app.post(`${apiPrefix}/auth/login`, ...loginLimits())
  for (const route of routes) register(app, context, route)
  mountOpenApi(app, context)
  app.use('/api', unknownRoute)
  if (context.webDir !== undefined) mountWebFiles(app, context.webDir)
  app.use(unknownRoute)
  app.use(answerError(context))
  return app
}

// Everything comes from here; styles may be inline, because charts and Swagger set some on elements.
const pagePolicy = {
  defaultSrc: ["'self'"],
  scriptSrc: ["'self'"],
  styleSrc: ["'self'", "'unsafe-inline'"],
  imgSrc: ["'self'", 'data:'],
  connectSrc: ["'self'"],
  fontSrc: ["'self'", 'data:'],
  objectSrc: ["'none'"],
  baseUri: ["'self'"],
  formAction: ["'self'"],
  frameAncestors: ["'none'"],
  // The product is also used by plain http in a closed network.
  upgradeInsecureRequests: null,
}

// The Temporal UI starts by an inline script and edits code in a worker; it still reaches nobody but us.
const temporalPolicy = {
  defaultSrc: ["'self'"],
  scriptSrc: ["'self'", "'unsafe-inline'", "'unsafe-eval'"],
  styleSrc: ["'self'", "'unsafe-inline'"],
  imgSrc: ["'self'", 'data:', 'blob:'],
  fontSrc: ["'self'", 'data:'],
  connectSrc: ["'self'"],
  workerSrc: ["'self'", 'blob:'],
  objectSrc: ["'none'"],
  frameAncestors: ["'none'"],
}

function mountOpenApi(app: Express, context: ApiContext): void {
  let document: string | undefined
  app.get(`${apiPrefix}/openapi.json`, (request, response, next) => {
    authenticate(context, request).then(() => {
      document ??= JSON.stringify(openApiDocument())
      response.type('application/json').send(document)
    }, next)
  })
}

const unknownRoute = (request: Request, _response: Response, next: NextFunction): void =>
  next(
    new ApiProblem(
      404,
      'not-found',
      `There is no ${request.method} ${request.baseUrl}${request.path.slice(0, 200)}`,
      {
        remedy: 'The operations stand in /api/docs.',
      },
    ),
  )

const answerError =
  (context: ApiContext) =>
  (error: unknown, request: Request, response: Response, _next: NextFunction): void => {
    const problem = toApiProblem(error)
    if (problem.status >= 500)
      context.log.error({ path: request.path, code: problem.code, ...safeError(error) })
    sendProblem(response, problem)
  }
