import type { Response } from 'express'
import { problemBody } from './errors.js'
import type { ApiProblem } from './problem.js'

/** Answers with problem+json; after the first byte of another answer only the connection can say that it failed. */
export function sendProblem(response: Response, problem: ApiProblem): void {
  if (response.headersSent) return void response.destroy()
  const { retryAfterSeconds } = problem.extras
  if (retryAfterSeconds !== undefined) response.set('retry-after', String(retryAfterSeconds))
  if (problem.status === 401) response.set('www-authenticate', 'Bearer realm="sendense"')
  response
    .status(problem.status)
    .set('cache-control', 'no-store')
    .type('application/problem+json')
    .send(JSON.stringify(problemBody(problem)))
}
