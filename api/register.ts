import type { Express, NextFunction, Request, Response } from 'express'
import type { z } from 'zod'
import { authenticate } from './auth/authenticate.js'
import { csrfRefusal } from './auth/csrf.js'
import { mustChangeFirst, requireRole } from './auth/roles.js'
import { recordMutation } from './audit.js'
import type { ApiContext } from './context.js'
import { apiPrefix } from './contract/operation.js'
import type { Operation } from './contract/operation.js'
import { badShape, toApiProblem } from './errors.js'
import { safeError } from './log.js'
import { ApiProblem } from './problem.js'
import { streamed } from './route.js'
import type { AnyReply, Call, Caller, Route } from './route.js'
import { sendProblem } from './send-problem.js'

/** Makes one operation of the contract an Express route: identity, forgery, role, shape, answer, audit record. */
export function register(app: Express, context: ApiContext, route: Route): void {
  const path = apiPrefix + route.operation.path.replaceAll(/\{(\w+)\}/g, ':$1')
  const method = route.operation.method.toLowerCase() as Lowercase<Operation['method']>
  app[method](path, (request: Request, response: Response, next: NextFunction) => {
    answer(context, route, request, response).catch(next)
  })
}

async function answer(
  context: ApiContext,
  route: Route,
  request: Request,
  response: Response,
): Promise<void> {
  const { operation } = route
  let caller: Caller | null = null
  try {
    caller = operation.role === 'open' ? null : await authenticate(context, request)
    admit(caller, operation, request)
    const call = { context, caller, request, response, ...shapesOf(operation, request) } as Call<Operation>
    const reply = await route.handle(call)
    if (reply === streamed) return
    const subject = reply.subject ?? subjectOf(request)
    const { status, facts } = reply
    await recordMutation(context, { request, caller, action: operation.name, subject, status, facts })
    send(context, operation, response, reply)
  } catch (error) {
    const problem = toApiProblem(error)
    if (problem.status >= 500)
      context.log.error({ operation: operation.name, code: problem.code, ...safeError(error) })
    await recordMutation(context, {
      request,
      caller,
      action: operation.name,
      subject: subjectOf(request),
      status: problem.status,
      code: problem.code,
    })
    sendProblem(response, problem)
  }
}

/** Throws 403 for a forged request, a first password or a role that is too low. */
function admit(caller: Caller | null, operation: Operation, request: Request): void {
  const refusal = csrfRefusal({
    method: request.method,
    via: caller?.via ?? 'none',
    host: request.headers.host,
    origin: request.headers.origin,
    secFetchSite: request.get('sec-fetch-site'),
    csrfHeader: request.get('x-sendense-csrf'),
    needsHeader: true,
  })
  if (refusal !== null)
    throw new ApiProblem(403, 'csrf', refusal, { remedy: 'Use the page that Sendense serves.' })
  if (caller === null || operation.role === 'open') return
  if (mustChangeFirst(caller) && operation.tag !== 'auth')
    throw new ApiProblem(
      403,
      'must-change-password',
      'The first password must be changed before anything else',
      {
        remedy: 'Change it with POST /api/v1/auth/password, or on the page.',
      },
    )
  requireRole(caller, operation.role)
}

function shapesOf(
  operation: Operation,
  request: Request,
): Pick<Call<Operation>, 'params' | 'query' | 'body'> {
  return {
    params: parse('params', operation.params, request.params),
    query: parse('query', operation.query, request.query),
    body: parse('body', operation.body, request.body),
  } as Pick<Call<Operation>, 'params' | 'query' | 'body'>
}

function parse(place: string, schema: z.ZodType | undefined, value: unknown): unknown {
  if (schema === undefined) return undefined
  if (place === 'body' && value === undefined && !schema.safeParse(undefined).success)
    throw new ApiProblem(400, 'bad-request', 'The request needs a JSON body', {
      remedy: 'Send one with Content-Type: application/json.',
    })
  const parsed = schema.safeParse(value)
  if (!parsed.success) throw badShape(place, parsed.error)
  return parsed.data
}

// Parsing drops what the contract does not name, so that a new column never leaks by itself.
function send(
  context: ApiContext,
  operation: Operation,
  response: Response,
  reply: Exclude<AnyReply, symbol>,
): void {
  response.set(reply.headers ?? {}).status(reply.status)
  const schema = operation.responses[reply.status]
  if (schema === null || schema === undefined) return void response.end()
  const parsed = schema.safeParse(reply.body)
  if (parsed.success) return void response.json(parsed.data)
  if (context.checkAnswers) throw new Error(`${operation.name} breaks its contract: ${parsed.error.message}`)
  context.log.error(
    { operation: operation.name, issues: parsed.error.issues.slice(0, 5) },
    'answer breaks the contract',
  )
  response.json(reply.body)
}

const subjectOf = (request: Request): string | null => {
  const { id, request_id: requestId } = request.params as Record<string, string | undefined>
  return id ?? requestId ?? null
}
