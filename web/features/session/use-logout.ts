import { useMutation, useQueryClient } from '@tanstack/react-query'
import { logout, me } from '../../../api/contract/auth.js'
import { callApi } from '../../lib/api.js'

/** Ends the session; nothing that was read with it stays in the page. */
export const useLogout = () => {
  const client = useQueryClient()
  return useMutation({
    mutationFn: () => callApi(logout),
    onSettled: async () => {
      client.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== me.name })
      await client.resetQueries({ queryKey: [me.name] })
    },
  })
}
