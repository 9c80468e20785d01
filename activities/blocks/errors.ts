import type { Side } from './end.js'

export type EndOp = 'open' | 'read' | 'write' | 'zero' | 'status' | 'flush' | 'stall'

export interface EndErrorFacts {
  readonly side: Side
  readonly op: EndOp
  readonly offset: number
  readonly length: number
  /** Name of the errno: EIO, ENOSPC, ECONNRESET, EPROTO (the server broke the protocol), ETIMEDOUT, … */
  readonly errno: string
  /** Where the end is, and what it said. */
  readonly where: string
  readonly detail?: string
  readonly cause?: unknown
}

// A new connection may help with these; EIO, ENOSPC, EPERM and EINVAL come from the disk or the request.
const lostErrnos = new Set(['ECONNRESET', 'ECONNREFUSED', 'EPIPE', 'ETIMEDOUT', 'ESHUTDOWN', 'EHOSTUNREACH'])

/** The one error of an end: which side, which operation, where on the disk, and why. */
export class EndError extends Error {
  override readonly name = 'EndError'
  readonly side: Side
  readonly op: EndOp
  readonly offset: number
  readonly length: number
  readonly errno: string
  /** True where the end was lost rather than refusing: the same request may succeed on a new connection. */
  readonly retry: boolean

  constructor(facts: EndErrorFacts) {
    const range = facts.length > 0 ? ` of ${facts.length} bytes at ${facts.offset}` : ''
    const detail = facts.detail === undefined ? '' : `: ${facts.detail}`
    super(`${facts.side} ${facts.where}: ${facts.op}${range} failed with ${facts.errno}${detail}`, {
      cause: facts.cause,
    })
    this.side = facts.side
    this.op = facts.op
    this.offset = facts.offset
    this.length = facts.length
    this.errno = facts.errno
    this.retry = lostErrnos.has(facts.errno)
  }
}

export type DigestFileProblem = 'foreign' | 'version' | 'truncated' | 'unsealed' | 'damaged' | 'mismatch'

/** A digest file that cannot be trusted; nothing of it is used. */
export class DigestFileError extends Error {
  override readonly name = 'DigestFileError'
  readonly path: string
  readonly problem: DigestFileProblem

  constructor(path: string, problem: DigestFileProblem, detail: string) {
    super(`digest file ${path} is ${problem}: ${detail}`)
    this.path = path
    this.problem = problem
  }
}

/** A checkpoint that is damaged, or belongs to another plan: the copy must begin anew. */
export class CheckpointError extends Error {
  override readonly name = 'CheckpointError'
  readonly problem: 'damaged' | 'version' | 'plan-changed'

  constructor(problem: CheckpointError['problem'], detail: string) {
    super(`checkpoint is not usable (${problem}): ${detail}`)
    this.problem = problem
  }
}
