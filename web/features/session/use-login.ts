import { useMutation, useQueryClient } from '@tanstack/react-query'
import type { LoginRequest } from '../../../api/contract/auth.js'
import { login } from '../../../api/contract/auth.js'
import { callApi } from '../../lib/api.js'
import { meQuery } from './me-query.js'

/** Logs in by cookie. The token in the answer is for programs: the page does not keep it. */
export const useLogin = () => {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (body: LoginRequest) => callApi(login, { body }),
    onSuccess: ({ user, expires_at }) => client.setQueryData(meQuery().queryKey, { user, expires_at }),
  })
}
