import { queryOptions } from '@tanstack/react-query'
import { getBackup } from '../../../api/contract/backups.js'
import { isActive } from '../../lib/progress.js'
import { apiQuery } from '../../lib/query.js'

/** One backup. Its numbers come by events; steps and disks are asked for while it runs, as events lack them. */
export const backupQuery = (id: string) =>
  queryOptions({
    ...apiQuery(getBackup, { params: { id } }),
    refetchInterval: (query) => (query.state.data && isActive(query.state.data.status) ? 3000 : false),
  })
