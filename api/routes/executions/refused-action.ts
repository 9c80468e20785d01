import type { Execution } from '../../../domain/execution.js'
import { allowedExecutionActions, executionRefusal } from '../../../domain/rules/execution-actions.js'
import type { ExecutionAction, ExecutionStage } from '../../../domain/rules/execution-actions.js'
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
