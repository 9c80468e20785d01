import { ApplicationFailure, CancelledFailure, CompleteAsyncError } from '@temporalio/activity'
import { CheckpointError, DigestFileError, EndError } from './blocks/errors.js'
import { ProcessError } from './processes/process-error.js'
import { Failure, failureCodes } from '../domain/failure.js'
import type { FailureCode } from '../domain/failure.js'

/** What a step's error becomes for the history, the JobLog and the operator. */
export interface FailureSummary {
  readonly code: FailureCode
  readonly message: string
  readonly remedy: string | null
  readonly facts: Failure['facts']
}

/**
 * What a step throws, as Temporal may keep it: type = the failure's code, message = its sentence, details = what to
 * do and the facts. Causes are dropped, they may carry requests or statements with secrets in them. Cancellation
 * and asynchronous completion pass unchanged, or Temporal would take them for failures.
 */
export const toApplicationFailure = (error: unknown): Error => {
  if (error instanceof CancelledFailure || error instanceof CompleteAsyncError) return error
  if (error instanceof ApplicationFailure) return error
  // An AbortError is cancellation by another name: Temporal turns it into one.
  if (error instanceof Error && error.name === 'AbortError') return error
  const failure = toFailure(error)
  const application = ApplicationFailure.create({
    type: failure.code,
    message: clip(failure.message, 1000),
    nonRetryable: !failure.retry,
    ...(failure.retryAfterMs === undefined ? {} : { nextRetryDelay: failure.retryAfterMs }),
    details: [summaryOf(failure)],
  })
  application.stack = `${failure.code}: ${application.message}\n${frames(error)}`
  return application
}

/** Names any error in the product's words; unknown ones become `internal` without their own text. */
export const toFailure = (error: unknown): Failure => {
  if (error instanceof Failure) return error
  if (error instanceof EndError) return endFailure(error)
  if (error instanceof DigestFileError)
    return new Failure('point-damaged', `A digest file cannot be trusted (${error.problem}): ${error.path}`, {
      retry: false,
      facts: { file: error.path, problem: error.problem },
      remedy: 'Verify the other points of this VM and back it up again in full.',
    })
  if (error instanceof CheckpointError)
    return new Failure('internal', `The checkpoint of a copy cannot be used (${error.problem})`, {
      retry: true,
    })
  if (error instanceof ProcessError) return processFailure(error)
  return fileFailure(error) ?? databaseFailure(error) ?? unknownFailure(error)
}

/** The other way: what a workflow or a client caught, however deeply wrapped, in the product's words. */
export const fromApplicationFailure = (error: unknown): FailureSummary => {
  for (const link of causesOf(error)) {
    if (link instanceof Failure) return summaryOf(link)
    // By name, not by class: the client, the worker and the workflow sandbox may each hold their own copy.
    if (link.name === 'ApplicationFailure') return fromDetails(link as Partial<ApplicationFailure> & Error)
    if (link.name === 'TimeoutFailure')
      return view(
        'service-unavailable',
        'A step got no answer in time',
        'Check that a worker serves the queue shown in the Temporal UI.',
      )
  }
  return view('internal', 'Something failed that has no name yet', 'Look at the workflow in the Temporal UI.')
}

const fromDetails = (failure: Partial<ApplicationFailure> & Error): FailureSummary => {
  const details = failure.details?.[0] as Partial<FailureSummary> | null | undefined
  return {
    code: isFailureCode(failure.type) ? failure.type : 'internal',
    message: failure.message,
    remedy: typeof details?.remedy === 'string' ? details.remedy : null,
    facts: typeof details?.facts === 'object' && details.facts !== null ? details.facts : {},
  }
}

const summaryOf = (failure: Failure): FailureSummary => ({
  code: failure.code,
  message: clip(failure.message, 1000),
  remedy: failure.remedy === undefined ? null : clip(failure.remedy, 500),
  facts: clipFacts(failure.facts),
})

const endFailure = (error: EndError): Failure => {
  const facts = {
    side: error.side,
    operation: error.op,
    offset: error.offset,
    length: error.length,
    errno: error.errno,
  }
  const place = `${error.op} of ${error.length} bytes at offset ${error.offset}`
  if (error.side === 'source')
    return new Failure('read-failed', `Reading the source disk failed: ${place} (${error.errno})`, {
      retry: true,
      facts,
      remedy: 'Check the datastore and the network to the host; the disk is tried again by itself.',
    })
  if (error.errno === 'ENOSPC')
    return new Failure('repository-full', `The repository ran out of room: ${place}`, {
      retry: false,
      facts,
      remedy: 'Free room in the repository, then start the backup again.',
    })
  return new Failure('write-failed', `Writing the backup disk failed: ${place} (${error.errno})`, {
    retry: true,
    facts,
    remedy: 'Check the repository and its storage; the disk is tried again by itself.',
  })
}

// The child masks its secrets in what it said.
const processFailure = (error: ProcessError): Failure => {
  const said = error.stderrTail.trim().split('\n').at(-1)?.slice(0, 300) ?? ''
  const facts = { program: error.child, problem: error.problem, exit_code: error.exitCode, said }
  if (/No space left on device/i.test(error.stderrTail))
    return new Failure('repository-full', `The repository ran out of room: ${error.child} could not go on`, {
      retry: false,
      facts,
      remedy: 'Free room in the repository, then start again.',
    })
  const isAbsent = error.problem === 'spawn' || error.exitCode === 126 || error.exitCode === 127
  return new Failure(
    isAbsent ? 'not-available' : 'transport-unavailable',
    `${error.child} ${processWords[error.problem]}${said && `: ${said}`}`,
    {
      retry: !isAbsent,
      facts,
      remedy: isAbsent
        ? 'Install the programs that the doctor names, then start again.'
        : 'It is tried again by itself.',
    },
  )
}

const processWords: Readonly<Record<ProcessError['problem'], string>> = {
  spawn: 'could not be started',
  guard: 'could not be guarded and was not started',
  'not-ready': 'was not ready in time',
  exited: 'ended unexpectedly',
  timeout: 'took too long',
  failed: 'failed',
}

const fileProblems: Readonly<Record<string, readonly [FailureCode, string, string]>> = {
  ENOSPC: ['repository-full', 'ran out of room', 'Free room in the repository, then start again.'],
  EDQUOT: ['repository-full', 'reached its quota', 'Raise the quota or free room, then start again.'],
  EROFS: [
    'repository-read-only',
    'is read-only',
    'Mount it for writing; look for disk errors in the system log.',
  ],
  EACCES: [
    'repository-read-only',
    'refuses us',
    'Give the user that the worker runs as the right to write there.',
  ],
  EPERM: [
    'repository-read-only',
    'refuses us',
    'Give the user that the worker runs as the right to write there.',
  ],
  EIO: ['write-failed', 'reported a disk error', 'Check the storage below the repository.'],
  ESTALE: ['repository-missing', 'went away (stale handle)', 'Mount the share again.'],
}

const fileCalls = new Set(['write', 'fsync', 'fdatasync', 'ftruncate'])

const fileFailure = (error: unknown): Failure | undefined => {
  const { code, path, syscall } = (typeof error === 'object' && error !== null ? error : {}) as Record<
    string,
    unknown
  >
  const problem = typeof code === 'string' ? fileProblems[code] : undefined
  // Errors of an open file tell no path; a socket's are none of a file system's.
  const isOfOpenFile = path === undefined && typeof syscall === 'string' && fileCalls.has(syscall)
  if (problem === undefined || !(typeof path === 'string' || isOfOpenFile)) return undefined
  const place = typeof path === 'string' ? `The file system of ${path}` : 'The file system of an open file'
  return new Failure(problem[0], `${place} ${problem[1]}`, {
    retry: code === 'EIO' || code === 'ESTALE',
    facts: { ...(typeof path === 'string' && { path }), errno: String(code), call: String(syscall) },
    remedy: problem[2],
  })
}

const lostDatabase = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ETIMEDOUT',
  'EPIPE',
  'ENOENT',
  'ENOTFOUND',
  'EAI_AGAIN',
])
const busyDatabase = new Set([
  'ER_LOCK_DEADLOCK',
  'ER_LOCK_WAIT_TIMEOUT',
  'ER_CON_COUNT_ERROR',
  'ER_SERVER_SHUTDOWN',
])

// Recognised by shape: only drizzle/ may name its driver. Statements and their values never leave this function.
const databaseFailure = (error: unknown): Failure | undefined => {
  let isDatabase = false
  for (const link of causesOf(error) as (Error & Record<string, unknown>)[]) {
    const code = typeof link['code'] === 'string' ? link['code'] : ''
    isDatabase ||= link.message.startsWith('Failed query:') || 'sqlState' in link || link['fatal'] === true
    const lost = code.startsWith('PROTOCOL_') || (isDatabase && lostDatabase.has(code))
    if (lost || busyDatabase.has(code))
      return new Failure('service-unavailable', `The database is away or busy (${code})`, {
        retry: true,
        facts: { service: 'database', errno: code },
        remedy: 'Start the database; the step is tried again by itself.',
      })
    if (code.startsWith('ER_'))
      return new Failure('internal', `The database refused a statement (${code})`, {
        retry: true,
        facts: { errno: code },
      })
  }
  return undefined
}

const unknownFailure = (error: unknown): Failure => {
  const name = error instanceof Error ? error.constructor.name : typeof error
  const { code } = (typeof error === 'object' && error !== null ? error : {}) as { code?: unknown }
  const said = typeof code === 'string' && /^[A-Z0-9_]{2,40}$/.test(code) ? `${name}, ${code}` : name
  return new Failure('internal', `A step failed in a way it was not prepared for (${said})`, {
    retry: true,
    remedy: 'The step is tried again; if it keeps failing, the worker log says where.',
    cause: error,
  })
}

const causesOf = (error: unknown): Error[] => {
  const chain: Error[] = []
  for (let link = error; link instanceof Error && chain.length < 10; link = link.cause) chain.push(link)
  return chain
}

// The first line of a stack repeats the message, which an unknown error may have filled with anything.
const frames = (error: unknown): string =>
  error instanceof Error
    ? (error.stack ?? '')
        .split('\n')
        .filter((line) => /^\s+at /.test(line))
        .slice(0, 8)
        .join('\n')
    : ''

const isFailureCode = (type: unknown): type is FailureCode =>
  (failureCodes as readonly unknown[]).includes(type)

// Temporal keeps 4 KiB of an activity's failure; what is longer would lose its details, not its tail.
const clip = (text: string, length: number): string =>
  text.length <= length ? text : `${text.slice(0, length - 1)}…`

const clipFacts = (facts: Failure['facts']): Failure['facts'] =>
  Object.fromEntries(
    Object.entries(facts)
      .slice(0, 12)
      .map(([name, value]) => [name, typeof value === 'string' ? clip(value, 200) : value]),
  )

const view = (code: FailureCode, message: string, remedy: string): FailureSummary => ({
  code,
  message,
  remedy,
  facts: {},
})
