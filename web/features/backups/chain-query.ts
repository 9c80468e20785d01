import { getBackupChain } from '../../../api/contract/backups.js'
import { apiQuery } from '../../lib/query.js'

/** The chain that holds one disk's point of a backup. */
export const chainQuery = (chosen: {
  vm_context_id: string
  disk_id: string
  repository_id: string
  backup_id: string
}) => apiQuery(getBackupChain, { query: chosen })
