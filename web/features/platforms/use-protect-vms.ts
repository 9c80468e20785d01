import { useMutation, useQueryClient } from '@tanstack/react-query'
import type { AddVmContextsRequest } from '../../../api/contract/vm-contexts.js'
import { addVmContexts, getVmContext, listVmContexts } from '../../../api/contract/vm-contexts.js'
import { callApi } from '../../lib/api.js'

export const useProtectVms = () => {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (body: AddVmContextsRequest) => callApi(addVmContexts, { body }),
    onSuccess: () => {
      for (const { name } of [listVmContexts, getVmContext])
        void client.invalidateQueries({ queryKey: [name] })
    },
  })
}
