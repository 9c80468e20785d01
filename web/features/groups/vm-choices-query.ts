import { listVmContexts } from '../../../api/contract/vm-contexts.js'
import { apiPages } from '../../lib/query.js'

/** VMs under protection whose name or path holds `search`. */
export const vmChoicesQuery = (search: string) =>
  apiPages(listVmContexts, { limit: 100, ...(search === '' ? {} : { search }) })
