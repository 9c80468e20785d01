import { listRepositories } from '../../../api/contract/repositories.js'
import { apiQuery } from '../../lib/query.js'

/** The repositories a backup can go to. */
export const repositoryChoicesQuery = () => apiQuery(listRepositories)
