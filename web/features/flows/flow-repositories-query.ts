import { listRepositories } from '../../../api/contract/repositories.js'
import { apiQuery } from '../../lib/query.js'

/** Where a flow's backups can go. */
export const flowRepositoriesQuery = () => apiQuery(listRepositories)
