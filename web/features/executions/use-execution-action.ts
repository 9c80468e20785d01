import { useMutation, useQueryClient } from '@tanstack/react-query'
import {
  cancelExecution,
  getExecution,
  listExecutionItems,
  listExecutions,
  pauseExecution,
  resumeExecution,
  retryExecution,
} from '../../../api/contract/executions.js'
import { getFlow, listFlows } from '../../../api/contract/protection-flows.js'
import type { ExecutionAction } from '../../../domain/rules/execution-actions.js'
import { callApi } from '../../lib/api.js'

export const actionEntries = {
  pause: pauseExecution,
  resume: resumeExecution,
  cancel: cancelExecution,
  retry: retryExecution,
} as const satisfies Record<ExecutionAction, unknown>

/** Asks something of a run. The page is asked again in any case: a refusal says that it was out of date. */
export const useExecutionAction = (id: string) => {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (action: ExecutionAction) => callApi(actionEntries[action], { params: { id } }),
    onSettled: () => {
      for (const { name } of [getExecution, listExecutions, listExecutionItems, getFlow, listFlows])
        void client.invalidateQueries({ queryKey: [name] })
    },
  })
}
