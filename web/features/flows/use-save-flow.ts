import { useMutation, useQueryClient } from '@tanstack/react-query'
import type { FlowRequest } from '../../../api/contract/protection-flows.js'
import { createFlow, updateFlow } from '../../../api/contract/protection-flows.js'
import { callApi } from '../../lib/api.js'
import { askAgainFor } from '../../lib/query.js'
import { staleFlows } from './stale-flows.js'

/** Makes a flow, or changes the one with this id; its type stays what it is. */
export const useSaveFlow = (id: string | undefined) => {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (body: FlowRequest) => {
      if (id === undefined) return callApi(createFlow, { body })
      const { flow_type: _type, ...change } = body
      return callApi(updateFlow, { params: { id }, body: change })
    },
    onSuccess: () => askAgainFor(client, staleFlows),
  })
}
