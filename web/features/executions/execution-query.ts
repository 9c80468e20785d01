import { getExecution } from '../../../api/contract/executions.js'
import { apiQuery } from '../../lib/query.js'

/** One run with its first items, its jobs and its steps. */
export const executionQuery = (id: string) => apiQuery(getExecution, { params: { id } })
