import { useMutation, useQueryClient } from '@tanstack/react-query'
import { deleteFlow, getFlowSummary, listFlows } from '../../../api/contract/protection-flows.js'
import { callApi } from '../../lib/api.js'
import { askAgainFor } from '../../lib/query.js'

/** Deletes a flow. Its own answers are left alone: asking for them again would say that there is no such flow. */
export const useDeleteFlow = (id: string) => {
  const client = useQueryClient()
  return useMutation({
    mutationFn: () => callApi(deleteFlow, { params: { id } }),
    onSuccess: () => askAgainFor(client, [listFlows, getFlowSummary]),
  })
}
