import type { JobLogFilter } from '../../../api/contract/job-log.js'
import { listJobLog } from '../../../api/contract/job-log.js'
import { apiPages } from '../../lib/query.js'

/** Steps of all jobs, newest first. Events have it asked again every few seconds while jobs run. */
export const jobLogQuery = (filter: JobLogFilter) => apiPages(listJobLog, { limit: 50, ...filter })
