import { listPlatforms } from '../../../api/contract/platforms.js'
import { apiQuery } from '../../lib/query.js'

export const platformChoicesQuery = () => apiQuery(listPlatforms)
