import { listFlows } from '../../../api/contract/protection-flows.js'
import { apiQuery } from '../../lib/query.js'

/** The first few flows whose backups go to a repository; `total` counts all. */
export const flowsIntoQuery = (repositoryId: number) =>
  apiQuery(listFlows, { query: { repository_id: repositoryId, limit: 3, sort: 'name', order: 'asc' } })
