import { useMutation, useQueryClient } from '@tanstack/react-query'
import { bulkDeleteFlows, bulkDisableFlows, bulkEnableFlows } from '../../../api/contract/all-flows.js'
import { callApi } from '../../lib/api.js'
import { askAgainFor } from '../../lib/query.js'
import { staleFlows } from './stale-flows.js'

const entries = { enable: bulkEnableFlows, disable: bulkDisableFlows, delete: bulkDeleteFlows } as const
export type BulkAction = keyof typeof entries

/** Does the same to many flows; the answer has a result for each. */
export const useBulkFlows = () => {
  const client = useQueryClient()
  return useMutation({
    mutationFn: ({ action, ids }: { action: BulkAction; ids: readonly string[] }) =>
      callApi(entries[action], { body: { ids: [...ids] } }),
    onSettled: () => askAgainFor(client, staleFlows),
  })
}
