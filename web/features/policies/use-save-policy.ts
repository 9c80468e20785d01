import { useMutation, useQueryClient } from '@tanstack/react-query'
import type { PolicyRequest } from '../../../api/contract/policies.js'
import { createPolicy, listPolicies, previewPolicy, updatePolicy } from '../../../api/contract/policies.js'
import { callApi } from '../../lib/api.js'

/** Makes a policy, or changes the one of this id. */
export const useSavePolicy = (id: number | undefined) => {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (body: PolicyRequest) =>
      id === undefined ? callApi(createPolicy, { body }) : callApi(updatePolicy, { params: { id }, body }),
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: [previewPolicy.name] })
      return client.invalidateQueries({ queryKey: [listPolicies.name] })
    },
  })
}
