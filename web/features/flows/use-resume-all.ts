import { useMutation, useQueryClient } from '@tanstack/react-query'
import { resumeAllFlows } from '../../../api/contract/all-flows.js'
import { getExecution, listExecutions } from '../../../api/contract/executions.js'
import { callApi } from '../../lib/api.js'
import { askAgainFor } from '../../lib/query.js'
import { staleFlows } from './stale-flows.js'

export const useResumeAll = () => {
  const client = useQueryClient()
  return useMutation({
    mutationFn: () => callApi(resumeAllFlows),
    onSettled: () => askAgainFor(client, [...staleFlows, listExecutions, getExecution]),
  })
}
