import type { Request, RequestHandler } from 'express'
import { ipKeyGenerator, rateLimit } from 'express-rate-limit'
import { ApiProblem } from '../problem.js'
import { sendProblem } from '../send-problem.js'

const windowMs = 15 * 60_000
const triesPerName = 10
const triesPerAddress = 100

/** Failed logins: ten for a name from one address, a hundred from one address, in 15 minutes; then 429. */
export const loginLimits = (): RequestHandler[] => [
  limit(triesPerAddress, (request) => addressOf(request)),
  limit(triesPerName, (request) => `${addressOf(request)} ${nameOf(request)}`),
]

const limit = (tries: number, keyGenerator: (request: Request) => string): RequestHandler =>
  rateLimit({
    windowMs,
    limit: tries,
    keyGenerator,
    skipSuccessfulRequests: true,
    standardHeaders: false,
    legacyHeaders: false,
    handler: (_request, response) =>
      sendProblem(
        response,
        new ApiProblem(429, 'too-many-requests', 'Too many failed logins', {
          remedy: 'Wait 15 minutes, then try again.',
          retryAfterSeconds: windowMs / 1000,
        }),
      ),
  })

const addressOf = (request: Request): string => ipKeyGenerator(request.ip ?? 'unknown')

const nameOf = (request: Request): string => {
  const { username } = (request.body ?? {}) as { username?: unknown }
  return typeof username === 'string' ? username.slice(0, 128).toLowerCase() : ''
}
