import { useMutation, useQueryClient } from '@tanstack/react-query'
import { deletePolicy, listPolicies } from '../../../api/contract/policies.js'
import { callApi } from '../../lib/api.js'

export const useDeletePolicy = (id: number) => {
  const client = useQueryClient()
  return useMutation({
    mutationFn: () => callApi(deletePolicy, { params: { id } }),
    onSuccess: () => client.invalidateQueries({ queryKey: [listPolicies.name] }),
  })
}
