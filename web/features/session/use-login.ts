import type { MutationOptions, QueryClient } from '@tanstack/react-query'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import type { LoginAnswer, LoginRequest } from '../../../api/contract/auth.js'
import { login } from '../../../api/contract/auth.js'
import { callApi } from '../../lib/api.js'
import { meQuery } from './me-query.js'

/** Logs in by cookie. The token in the answer is for programs: the page does not keep it. */
export const useLogin = () => {
  const client = useQueryClient()
  return useMutation(loginMutation(client))
}

export const loginMutation = (client: QueryClient): MutationOptions<LoginAnswer, Error, LoginRequest> => ({
  mutationFn: (body) => callApi(login, { body }),
  onSuccess: ({ user, expires_at }) => void client.setQueryData(meQuery().queryKey, { user, expires_at }),
  // In place of the client's own: a refused login is an answer to show, not a session that ended.
  onError: () => undefined,
})
