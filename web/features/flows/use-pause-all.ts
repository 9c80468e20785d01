import { useMutation, useQueryClient } from '@tanstack/react-query'
import { pauseAllFlows } from '../../../api/contract/all-flows.js'
import { getExecution, listExecutions } from '../../../api/contract/executions.js'
import { callApi } from '../../lib/api.js'
import { askAgainFor } from '../../lib/query.js'
import { staleFlows } from './stale-flows.js'

export const usePauseAll = () => {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (reason: string) =>
      callApi(pauseAllFlows, { body: { reason: reason.trim() === '' ? null : reason.trim() } }),
    onSettled: () => askAgainFor(client, [...staleFlows, listExecutions, getExecution]),
  })
}
