import { getCoverage } from '../../../api/contract/coverage.js'
import { apiQuery } from '../../lib/query.js'

/** Who is protected how well. Asked each minute: a promised time passes without an event. */
export const coverageQuery = () => ({ ...apiQuery(getCoverage), refetchInterval: 60_000 })
