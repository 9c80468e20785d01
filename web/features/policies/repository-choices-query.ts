import { listRepositories } from '../../../api/contract/repositories.js'
import { apiQuery } from '../../lib/query.js'

export const repositoryChoicesQuery = () => apiQuery(listRepositories)
