import { STATUS_CODES } from 'node:http'
import { ZodError } from 'zod'
import { Failure, failureCodes } from '../domain/failure.js'
import type { FailureCode } from '../domain/failure.js'
import { isDangling, isDatabaseAway, isDuplicate, isReferredTo } from '../drizzle/errors.js'
import type { Problem, ProblemDetail } from './contract/problem.js'
import { ApiProblem, serviceUnavailable } from './problem.js'

/** The status of each of the product's failures when it is the answer to a request. */
export const statusOfCode: Readonly<Record<FailureCode, number>> = {
  'bad-request': 400,
  'not-found': 404,
  conflict: 409,
  locked: 423,
  'source-unreachable': 503,
  'source-certificate-untrusted': 422,
  'source-login-refused': 422,
  'source-permission-denied': 422,
  'source-fault': 503,
  'source-session-lost': 503,
  'vm-not-found': 404,
  'vm-ambiguous': 409,
  'vm-no-disks': 422,
  'vm-needs-consolidation': 409,
  'vm-busy': 409,
  'slots-busy': 409,
  'datastore-low': 507,
  'snapshot-failed': 503,
  'snapshot-gone': 409,
  'change-tracking-unavailable': 422,
  'change-tracking-malformed': 503,
  'transport-unavailable': 503,
  'read-failed': 503,
  'write-failed': 503,
  'copy-stalled': 503,
  'attempt-superseded': 409,
  'lease-lost': 409,
  'repository-missing': 409,
  'repository-marker': 409,
  'repository-full': 507,
  'repository-read-only': 409,
  'point-damaged': 409,
  'point-in-use': 409,
  'point-has-children': 409,
  'credential-unreadable': 409,
  'not-available': 422,
  'service-unavailable': 503,
  'run-time-over': 409,
  internal: 500,
}

/**
 * Any error as the problem that answers it. What is not known becomes 500 `internal` without its own text, which may
 * hold statements, addresses or secrets.
 */
export function toApiProblem(error: unknown): ApiProblem {
  if (error instanceof ApiProblem) return error
  if (error instanceof Failure) return ofFailure(error.code, error.message, error.remedy ?? null, error.facts)
  if (error instanceof ZodError) return badShape('request', error)
  return (
    bodyParserProblem(error) ??
    workflowProblem(error) ??
    temporalProblem(error) ??
    databaseProblem(error) ??
    new ApiProblem(500, 'internal', 'Something went wrong inside Sendense', {
      remedy: "Try again; if it happens again, look at the API's log at this time.",
    })
  )
}

/** The answer's body by RFC 9457, with the seeds' `error`. */
export function problemBody(problem: ApiProblem): Problem {
  const {
    remedy = null,
    errors = [],
    facts,
    runningBackupId,
    runningExecutionId,
    candidates,
  } = problem.extras
  return {
    type: `urn:sendense:problem:${problem.code}`,
    title: STATUS_CODES[problem.status] ?? 'Error',
    status: problem.status,
    detail: problem.message,
    code: problem.code,
    errors: [...errors],
    remedy,
    error: problem.message,
    ...(facts === undefined || Object.keys(facts).length === 0 ? {} : { facts }),
    ...(runningBackupId === undefined ? {} : { running_backup_id: runningBackupId }),
    ...(runningExecutionId === undefined ? {} : { running_execution_id: runningExecutionId }),
    ...(candidates === undefined ? {} : { candidates: [...candidates] }),
  }
}

/** 400 with one line a wrong field; `place` is params, query or body. */
export function badShape(place: string, error: ZodError): ApiProblem {
  const errors = error.issues.slice(0, 50).flatMap((issue) => linesOf(place, issue))
  const first = errors[0]
  const sentence = first === undefined ? `The ${place} is malformed` : `${first.path}: ${first.message}`
  return new ApiProblem(400, 'bad-request', sentence, {
    errors,
    remedy: 'Correct what is named and send it again.',
  })
}

function linesOf(place: string, issue: ZodError['issues'][number]): ProblemDetail[] {
  const path = [place, ...issue.path.map(String)].join('.')
  if (issue.code !== 'unrecognized_keys')
    return [{ path: clip(path, 200), message: clip(issue.message, 300) }]
  return issue.keys
    .slice(0, 20)
    .map((key) => ({ path: clip(`${path}.${key}`, 200), message: 'is not known here' }))
}

const ofFailure = (
  code: FailureCode,
  sentence: string,
  remedy: string | null,
  facts: Failure['facts'],
): ApiProblem => new ApiProblem(statusOfCode[code], code, sentence, { remedy, facts })

function bodyParserProblem(error: unknown): ApiProblem | undefined {
  const { type, limit } = asRecord(error)
  if (type === 'entity.too.large')
    return new ApiProblem(413, 'too-large', `The request is larger than ${String(limit)} bytes`, {
      remedy: 'Send it in smaller parts.',
    })
  if (type === 'entity.parse.failed') return unreadable(400, 'The body is not valid JSON')
  if (type === 'encoding.unsupported' || type === 'charset.unsupported')
    return unreadable(415, 'The encoding of the body is not supported')
  if (typeof type === 'string' && /^(entity|request|stream)\./.test(type))
    return unreadable(400, 'The body did not arrive whole')
  if (error instanceof URIError)
    return new ApiProblem(400, 'bad-request', 'The path holds a bad escape', {
      remedy: 'Write the path with percent-encoded UTF-8.',
    })
  return undefined
}

const unreadable = (status: number, sentence: string): ApiProblem =>
  new ApiProblem(status, 'bad-request', sentence, { remedy: 'Send the whole body as JSON in UTF-8.' })

/** A workflow's own failure: type = our code, message = the sentence, details[0] = {remedy, facts}. */
function workflowProblem(error: unknown): ApiProblem | undefined {
  for (const link of causesOf(error)) {
    const { type, details } = asRecord(link)
    if (link.name === 'ApplicationFailure' && isFailureCode(type)) {
      const { remedy, facts } = asRecord(Array.isArray(details) ? details[0] : undefined)
      return ofFailure(type, link.message, typeof remedy === 'string' ? remedy : null, safeFacts(facts))
    }
    if (link.name === 'TimeoutFailure')
      return serviceUnavailable(
        'No worker answered in time',
        'Check that the workers run and serve the queue that the Temporal UI shows as waiting.',
      )
    if (link.name === 'TerminatedFailure' || link.name === 'CancelledFailure')
      return new ApiProblem(
        409,
        'conflict',
        'Somebody stopped the workflow that was to answer this request',
        {
          remedy: 'Ask again.',
        },
      )
  }
  return undefined
}

type Sentences = readonly [sentence: string, remedy: string]

const notSetUp: Sentences = [
  'The Temporal server refuses: its namespace or search attributes are not as Sendense needs them',
  'Start a worker: it names the commands that set them up.',
]
const notAllowed: Sentences = [
  'The Temporal server does not admit Sendense',
  'Check TEMPORAL_API_KEY, or the client certificate and its rights in the namespace.',
]

// gRPC status codes: invalid argument, not found, permission denied, unauthenticated.
const temporalRefuses: Readonly<Record<number, Sentences>> = {
  3: notSetUp,
  5: notSetUp,
  7: notAllowed,
  16: notAllowed,
}

const temporalAway = new Set([1, 4, 8, 14])

// gRPC status codes: cancelled, deadline exceeded, resource exhausted, unavailable.
function temporalProblem(error: unknown): ApiProblem | undefined {
  for (const link of causesOf(error)) {
    const { code, metadata } = asRecord(link)
    const isGrpc = typeof code === 'number' && (metadata !== undefined || link.name === 'ServiceError')
    if (link.name === 'WorkflowNotFoundError')
      return new ApiProblem(409, 'conflict', 'The workflow that was asked is not there any more', {
        remedy: 'Load the page again: it has ended in the meantime.',
      })
    const refused = isGrpc ? temporalRefuses[code] : undefined
    if (refused !== undefined) return serviceUnavailable(...refused)
    if (link.name === 'NamespaceNotFoundError') return serviceUnavailable(...notSetUp)
    if ((isGrpc && temporalAway.has(code)) || /Failed to connect before the deadline/.test(link.message))
      return serviceUnavailable(
        'The Temporal server is away',
        'Check that it runs and can be reached, then try again.',
      )
  }
  return undefined
}

// The statement and its values never leave this function.
function databaseProblem(error: unknown): ApiProblem | undefined {
  if (isDuplicate(error))
    return new ApiProblem(409, 'conflict', 'Something with the same name or place exists already', {
      remedy: 'Choose another name or place.',
    })
  if (isReferredTo(error))
    return new ApiProblem(409, 'conflict', 'Other records still depend on it', {
      remedy: 'Delete those first.',
    })
  if (isDangling(error))
    return new ApiProblem(409, 'conflict', 'Something that the request names was deleted a moment ago', {
      remedy: 'Load the page again and choose from what is there.',
    })
  const closed = causesOf(error).some((link) => /^Pool is closed|^Can't add new command/.test(link.message))
  if (!closed && !isDatabaseAway(error)) return undefined
  return serviceUnavailable(
    'The database is away or busy',
    'Check that it runs and can be reached, then try again.',
  )
}

function safeFacts(facts: unknown): Failure['facts'] {
  const kinds = new Set(['string', 'number', 'boolean'])
  return Object.fromEntries(
    Object.entries(asRecord(facts)).filter(([, value]) => value === null || kinds.has(typeof value)),
  ) as Failure['facts']
}

const isFailureCode = (type: unknown): type is FailureCode =>
  (failureCodes as readonly unknown[]).includes(type)

const asRecord = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}

function causesOf(error: unknown): Error[] {
  const chain: Error[] = []
  for (let link = error; link instanceof Error && chain.length < 10; link = link.cause) chain.push(link)
  return chain
}

const clip = (text: string, length: number): string =>
  text.length <= length ? text : `${text.slice(0, length - 1)}…`
