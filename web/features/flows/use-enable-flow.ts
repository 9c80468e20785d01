import { useMutation, useQueryClient } from '@tanstack/react-query'
import { disableFlow, enableFlow } from '../../../api/contract/protection-flows.js'
import { callApi } from '../../lib/api.js'
import { askAgainFor } from '../../lib/query.js'
import { staleFlows } from './stale-flows.js'

/** Lets a flow's schedule ring, or not. */
export const useEnableFlow = () => {
  const client = useQueryClient()
  return useMutation({
    mutationFn: ({ id, isOn }: { id: string; isOn: boolean }) =>
      callApi(isOn ? enableFlow : disableFlow, { params: { id } }),
    onSettled: () => askAgainFor(client, staleFlows),
  })
}
