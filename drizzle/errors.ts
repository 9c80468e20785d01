import { Failure } from '../domain/failure.js'

const fact = (error: unknown, name: 'errno' | 'code'): unknown => {
  // Drizzle wraps the driver's error, and a transaction may wrap it again.
  let current = error
  for (let depth = 0; typeof current === 'object' && current !== null && depth < 5; depth += 1) {
    const facts = current as { errno?: unknown; code?: unknown; cause?: unknown }
    if (facts[name] !== undefined) return facts[name]
    current = facts.cause
  }
  return undefined
}

/** The server's error number (1062 duplicate, 1213 deadlock, 1451 referred to, 4025 check), if that is what failed. */
export const databaseErrno = (error: unknown): number | undefined => {
  const errno = fact(error, 'errno')
  return typeof errno === 'number' ? errno : undefined
}

export const isDuplicate = (error: unknown): boolean => databaseErrno(error) === 1062
/** A row refers to another that is not there. */
export const isDangling = (error: unknown): boolean => [1216, 1452].includes(databaseErrno(error) ?? 0)
/** A row is still referred to by another. */
export const isReferredTo = (error: unknown): boolean => [1217, 1451].includes(databaseErrno(error) ?? 0)

const awayCodes = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOENT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EPIPE',
  'ETIMEDOUT',
  'PROTOCOL_CONNECTION_LOST',
  'PROTOCOL_SEQUENCE_TIMEOUT',
  'PROTOCOL_ENQUEUE_AFTER_FATAL_ERROR',
  'PROTOCOL_ENQUEUE_AFTER_DESTROY',
  'POOL_CLOSED',
])
// Too many connections (1040, 1203), shutting down (1053), killed connection (1927, 1152), lost in query (2006, 2013).
const awayNumbers = new Set([1040, 1053, 1152, 1203, 1927, 2006, 2013])

/** True when the database did not answer (refused, gone, full, going down), as opposed to having refused a statement. */
export const isDatabaseAway = (error: unknown): boolean => {
  const code = fact(error, 'code')
  return (typeof code === 'string' && awayCodes.has(code)) || awayNumbers.has(databaseErrno(error) ?? 0)
}

/**
 * An operator's sentence for whatever a query threw. Never the error's own message: it carries the statement's values,
 * and among them may be a sealed secret or a token's hash.
 */
export const databaseFailure = (error: unknown): Failure => {
  if (error instanceof Failure) return error
  if (isDatabaseAway(error)) {
    return new Failure('service-unavailable', 'The database does not answer', {
      retry: true,
      remedy:
        'Check that MariaDB runs and that DATABASE_URL points at it; work continues by itself when it is back.',
      cause: error,
    })
  }
  const errno = databaseErrno(error)
  return new Failure('internal', `The database refused a statement (error ${errno ?? 'unknown'})`, {
    retry: errno === 1213 || errno === 1205,
    facts: { errno: errno ?? null },
    cause: error,
  })
}
