import { getBackupChain } from '../../../api/contract/backups.js'
import { apiQuery } from '../../lib/query.js'

export interface ChainAsked {
  readonly vm_context_id: string
  readonly disk_id?: string | undefined
  /** Default: where the newest point is. */
  readonly repository_id?: string | undefined
  /** The chain that holds this point; default: the newest one. */
  readonly backup_id?: string | undefined
}

/** A chain of one disk. */
export const chainQuery = (asked: ChainAsked) => apiQuery(getBackupChain, { query: asked })
