import { useMutation, useQueryClient } from '@tanstack/react-query'
import type { PlatformRequest } from '../../../api/contract/platforms.js'
import { createPlatform } from '../../../api/contract/platforms.js'
import { callApi } from '../../lib/api.js'
import { platformsQuery } from './platforms-query.js'

export const useCreatePlatform = () => {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (body: PlatformRequest) => callApi(createPlatform, { body }),
    onSuccess: () => client.invalidateQueries({ queryKey: platformsQuery().queryKey }),
  })
}
