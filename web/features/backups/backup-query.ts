import { getBackup } from '../../../api/contract/backups.js'
import { apiQuery } from '../../lib/query.js'

/** One backup. Its numbers come by events, which lack its steps and disks. */
export const backupQuery = (id: string) => apiQuery(getBackup, { params: { id } })
