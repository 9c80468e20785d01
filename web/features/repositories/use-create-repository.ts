import { useMutation, useQueryClient } from '@tanstack/react-query'
import type { RepositoryRequest } from '../../../api/contract/repositories.js'
import { createRepository } from '../../../api/contract/repositories.js'
import { callApi } from '../../lib/api.js'
import { repositoriesQuery } from './repositories-query.js'

export const useCreateRepository = () => {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (body: RepositoryRequest) => callApi(createRepository, { body }),
    onSuccess: () => client.invalidateQueries({ queryKey: repositoriesQuery().queryKey }),
  })
}
