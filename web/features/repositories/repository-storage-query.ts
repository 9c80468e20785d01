import { getRepositoryStorage } from '../../../api/contract/repositories.js'
import { apiQuery } from '../../lib/query.js'

/** The room of a repository, measured when asked. */
export const repositoryStorageQuery = (id: number) => apiQuery(getRepositoryStorage, { params: { id } })
