import { openExecutionStatuses } from '../../../domain/execution.js'
import type { Execution } from '../../../domain/execution.js'
import {
  allowedExecutionActions,
  executionRefusal,
  whyRetried,
} from '../../../domain/rules/execution-actions.js'
import type { ExecutionAction, ExecutionStage, LatestRetry } from '../../../domain/rules/execution-actions.js'
import { ApiProblem } from '../../problem.js'

const done: Readonly<Record<ExecutionAction, string>> = {
  pause: 'paused',
  resume: 'resumed',
  cancel: 'cancelled',
  retry: 'tried again',
}

/** Throws 409 with the reason and what can be done instead. */
export function refuseUnlessAllowed(
  { id, status }: Pick<Execution, 'id' | 'status'>,
  stage: ExecutionStage,
  action: ExecutionAction,
): void {
  const why = executionRefusal(stage, action)
  if (why === null) return
  const instead = allowedExecutionActions(stage)
  throw new ApiProblem(409, 'conflict', `${id} cannot be ${done[action]}: ${why}`, {
    facts: { status },
    remedy:
      instead.length === 0 ? 'Nothing has to be done.' : `What can be asked of it: ${instead.join(', ')}.`,
  })
}

/** 409 for a second retry of what the first one took up; names that. */
export function alreadyRetried(id: string, retry: LatestRetry): ApiProblem {
  const { why, remedy } = whyRetried(retry) ?? { why: 'it was tried again already', remedy: null }
  const isOpen = openExecutionStatuses.some((status) => status === retry.status)
  return new ApiProblem(409, 'conflict', `${id} cannot be ${done.retry}: ${why}`, {
    facts: { retried_by: retry.id, ...(isOpen && { running_execution_id: retry.id }) },
    remedy,
    ...(isOpen && { runningExecutionId: retry.id }),
  })
}
