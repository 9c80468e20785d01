import { useQuery } from '@tanstack/react-query'
import { platformChoicesQuery } from './platform-choices-query.js'

/** Names of platforms by id; the id where the name is not known (yet). */
export const usePlatformNames = (): ((id: string) => string) => {
  const { data } = useQuery(platformChoicesQuery())
  return (id) => data?.platforms.find((platform) => platform.id === id)?.name ?? id
}
