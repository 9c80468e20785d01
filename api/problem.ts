import type { Candidate, Problem, ProblemCode, ProblemDetail } from './contract/problem.js'

/** What a problem may say beyond status, code and sentence. */
export interface ProblemExtras {
  readonly remedy?: string | null
  readonly errors?: readonly ProblemDetail[]
  readonly facts?: Problem['facts']
  readonly runningBackupId?: string
  readonly runningExecutionId?: string
  readonly candidates?: readonly Candidate[]
  readonly retryAfterSeconds?: number
}

/** An answer that is an error, thrown by the door's own code; `sentence` is for an operator and holds no secret. */
export class ApiProblem extends Error {
  override readonly name = 'ApiProblem'
  readonly status: number
  readonly code: ProblemCode
  readonly extras: ProblemExtras

  constructor(status: number, code: ProblemCode, sentence: string, extras: ProblemExtras = {}) {
    super(sentence)
    this.status = status
    this.code = code
    this.extras = extras
  }
}

export const notFound = (what: string, id: string | number): ApiProblem =>
  new ApiProblem(404, 'not-found', `There is no ${what} with the id ${id}`, {
    facts: { id },
    remedy: 'Load the list again: it may have been deleted, or the id is mistyped.',
  })

export const unprocessable = (
  path: string,
  message: string,
  remedy = 'Correct what is named and send it again.',
): ApiProblem =>
  new ApiProblem(422, 'unprocessable', `${path} ${message}`, {
    errors: [{ path: `body.${path}`, message }],
    remedy,
  })

export const vmBusy = (vmName: string, runningBackupId: string | null): ApiProblem =>
  new ApiProblem(
    409,
    'vm-busy',
    runningBackupId === null
      ? `A backup of ${vmName} runs already`
      : `A backup of ${vmName} runs already: ${runningBackupId}`,
    {
      remedy: 'Wait until it ends, or cancel it.',
      ...(runningBackupId === null ? {} : { runningBackupId }),
    },
  )

/** An execution of the flow is open: no second one begins, and its flow cannot go. */
export const flowBusy = (flowName: string, executionId: string, remedy: string): ApiProblem =>
  new ApiProblem(409, 'conflict', `${flowName} runs already: ${executionId}`, {
    remedy,
    facts: { running_execution_id: executionId },
    runningExecutionId: executionId,
  })

export const serviceUnavailable = (sentence: string, remedy: string): ApiProblem =>
  new ApiProblem(503, 'service-unavailable', sentence, { remedy, retryAfterSeconds: 5 })
