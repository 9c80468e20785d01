import type { ExecutionFilter } from '../../../api/contract/executions.js'
import { listExecutions } from '../../../api/contract/executions.js'
import { apiPages } from '../../lib/query.js'

/** Runs, newest first; events keep them true. */
export const executionsQuery = (filter: ExecutionFilter) => apiPages(listExecutions, { limit: 25, ...filter })
