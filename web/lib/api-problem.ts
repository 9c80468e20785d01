import type { Operation } from '../../api/contract/operation.js'
import { Problem } from '../../api/contract/problem.js'
import type { ProblemCode, ProblemDetail } from '../../api/contract/problem.js'

/** `unreachable`: no answer at all. `unreadable`: an answer that is not the contract's. */
export type ApiProblemCode = ProblemCode | 'unreachable' | 'unreadable'

/** Every error of a call, as the API told it (problem+json) or as the page found it (`status` 0: no answer). */
export class ApiProblem extends Error {
  override readonly name = 'ApiProblem'
  readonly status: number
  readonly code: ApiProblemCode
  readonly remedy: string | null
  readonly details: readonly ProblemDetail[]
  /** With 409 for a busy VM. */
  readonly runningBackupId: string | undefined

  constructor(
    status: number,
    code: ApiProblemCode,
    sentence: string,
    more: { remedy?: string | null; problem?: Problem; cause?: unknown } = {},
  ) {
    super(sentence, more.cause === undefined ? undefined : { cause: more.cause })
    this.status = status
    this.code = code
    this.remedy = more.problem?.remedy ?? more.remedy ?? null
    this.details = more.problem?.errors ?? []
    this.runningBackupId = more.problem?.running_backup_id
  }
}

/** The problem an error answer carries; a body that is not a problem (a proxy's page) still names its status. */
export const problemOf = (status: number, body: unknown): ApiProblem => {
  const parsed = Problem.safeParse(body)
  if (parsed.success)
    return new ApiProblem(status, parsed.data.code, parsed.data.detail, { problem: parsed.data })
  const away = status === 502 || status === 503 || status === 504
  return new ApiProblem(
    status,
    away ? 'service-unavailable' : 'unreadable',
    away
      ? `A service is away (status ${status})`
      : `The API answered with status ${status} and no explanation`,
  )
}

export const unreachable = (cause: unknown): ApiProblem =>
  new ApiProblem(0, 'unreachable', 'The Sendense API does not answer', { cause })

export const answerUnreadable = (entry: Operation, what: string): ApiProblem =>
  new ApiProblem(
    0,
    'unreadable',
    `The answer to ${entry.method} ${entry.path} differs from the contract: ${what}`,
  )
