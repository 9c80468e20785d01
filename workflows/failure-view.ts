import {
  ActivityFailure,
  ApplicationFailure,
  ChildWorkflowFailure,
  TimeoutFailure,
} from '@temporalio/workflow'

/** What an operator is told of a failed step: the failure's code, its sentence, and what to do. */
export interface FailureView {
  readonly code: string
  readonly message: string
  readonly remedy: string | null
}

export function failureView(error: unknown): FailureView {
  const cause = rootOf(error)
  if (cause instanceof ApplicationFailure) {
    const facts = cause.details?.[0] as { remedy?: string } | undefined
    return { code: cause.type ?? 'internal', message: cause.message, remedy: facts?.remedy ?? null }
  }
  if (cause instanceof TimeoutFailure)
    return {
      code: 'service-unavailable',
      message: `${stepOf(error)} got no answer in time (${cause.timeoutType})`,
      remedy: 'Check that a worker serves the queue shown in the Temporal UI, then start the job again.',
    }
  return { code: 'internal', message: cause instanceof Error ? cause.message : String(cause), remedy: null }
}

function rootOf(error: unknown): unknown {
  let root = error
  // A child whose own step failed has both around the failure.
  while ((root instanceof ActivityFailure || root instanceof ChildWorkflowFailure) && root.cause)
    root = root.cause
  return root
}

const stepOf = (error: unknown): string =>
  error instanceof ActivityFailure ? `Step ${error.activityType}` : 'A step'
