import { useMutation, useQueryClient } from '@tanstack/react-query'
import { deleteGroup, listGroups } from '../../../api/contract/machine-groups.js'
import { callApi } from '../../lib/api.js'

export const useDeleteGroup = (id: string) => {
  const client = useQueryClient()
  return useMutation({
    mutationFn: () => callApi(deleteGroup, { params: { id } }),
    onSuccess: () => client.invalidateQueries({ queryKey: [listGroups.name] }),
  })
}
