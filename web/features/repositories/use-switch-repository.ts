import { useMutation, useQueryClient } from '@tanstack/react-query'
import { listRepositories, updateRepository } from '../../../api/contract/repositories.js'
import { callApi } from '../../lib/api.js'

export const useSwitchRepository = (id: number) => {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (enabled: boolean) => callApi(updateRepository, { params: { id }, body: { enabled } }),
    onSuccess: () => client.invalidateQueries({ queryKey: [listRepositories.name] }),
  })
}
