import { useMutation, useQueryClient } from '@tanstack/react-query'
import type { TransferLimitsRequest } from '../../../api/contract/transfer-limits.js'
import { replaceTransferLimits } from '../../../api/contract/transfer-limits.js'
import { callApi } from '../../lib/api.js'
import { transferLimitsQuery } from './transfer-limits-query.js'

/** Replaces all limits; its answer is what holds from then on. */
export const useSaveTransferLimits = () => {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (body: TransferLimitsRequest) => callApi(replaceTransferLimits, { body }),
    onSuccess: async (limits) => {
      const { queryKey } = transferLimitsQuery()
      // An answer that was asked for before the change would bring the old limits back.
      await client.cancelQueries({ queryKey })
      client.setQueryData(queryKey, limits)
    },
  })
}
