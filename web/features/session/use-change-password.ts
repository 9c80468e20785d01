import { useMutation, useQueryClient } from '@tanstack/react-query'
import type { PasswordRequest } from '../../../api/contract/auth.js'
import { changePassword } from '../../../api/contract/auth.js'
import { callApi } from '../../lib/api.js'
import { meQuery } from './me-query.js'

export const useChangePassword = () => {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (body: PasswordRequest) => callApi(changePassword, { body }),
    onSuccess: (me) => client.setQueryData(meQuery().queryKey, me),
  })
}
