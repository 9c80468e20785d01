import { useMutation, useQueryClient } from '@tanstack/react-query'
import { cloneFlow } from '../../../api/contract/protection-flows.js'
import { callApi } from '../../lib/api.js'
import { askAgainFor } from '../../lib/query.js'
import { staleFlows } from './stale-flows.js'

export const useCloneFlow = (id: string) => {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (name: string) => callApi(cloneFlow, { params: { id }, body: { name } }),
    onSuccess: () => askAgainFor(client, staleFlows),
  })
}
