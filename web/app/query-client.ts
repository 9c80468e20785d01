import { QueryCache, QueryClient } from '@tanstack/react-query'
import { me } from '../../api/contract/auth.js'
import { ApiProblem } from '../lib/api-problem.js'

/** The page's cache. A call that finds the session ended makes the page ask who is logged in. */
export const openQueryClient = (): QueryClient => {
  const client: QueryClient = new QueryClient({
    defaultOptions: {
      queries: { staleTime: 5_000, retry: (failures, error) => failures < 2 && mayPass(error) },
      mutations: { onError: (error) => askWhoIsThere(client, error) },
    },
    queryCache: new QueryCache({
      onError: (error, query) => {
        if (query.queryKey[0] !== me.name) askWhoIsThere(client, error)
      },
    }),
  })
  return client
}

/** Only what may pass by itself is tried again: no answer, or a service that is away. */
const mayPass = (error: unknown): boolean =>
  error instanceof ApiProblem && ['unreachable', 'service-unavailable'].includes(error.code)

const askWhoIsThere = (client: QueryClient, error: unknown): void => {
  if (error instanceof ApiProblem && ['unauthenticated', 'must-change-password'].includes(error.code))
    void client.resetQueries({ queryKey: [me.name] })
}
