import { keepPreviousData } from '@tanstack/react-query'
import { listVmContexts } from '../../../api/contract/vm-contexts.js'
import { apiQuery } from '../../lib/query.js'

/** VMs that a flow can protect, by part of their name; there may be thousands. */
export const flowVmsQuery = (search: string) => ({
  ...apiQuery(listVmContexts, { query: { limit: 50, ...(search === '' ? {} : { search }) } }),
  placeholderData: keepPreviousData,
})
