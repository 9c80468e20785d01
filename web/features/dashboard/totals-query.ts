import type { BackupJob } from '../../../api/contract/backups.js'
import { listBackups } from '../../../api/contract/backups.js'
import { listPlatforms } from '../../../api/contract/platforms.js'
import { listRepositories } from '../../../api/contract/repositories.js'
import { listVmContexts } from '../../../api/contract/vm-contexts.js'
import { apiQuery } from '../../lib/query.js'

interface Counted {
  readonly total: number
  readonly total_is_capped?: boolean | undefined
}

const text = ({ total, total_is_capped: isCapped }: Counted): string =>
  `${total.toLocaleString('en')}${isCapped ? '+' : ''}`

// One row is enough: the list's own `total` is the number.
export const vmTotalQuery = () => ({ ...apiQuery(listVmContexts, { query: { limit: 1 } }), select: text })
export const backupTotalQuery = (status: BackupJob['status']) => ({
  ...apiQuery(listBackups, { query: { limit: 1, status } }),
  select: text,
})
export const platformTotalQuery = () => ({ ...apiQuery(listPlatforms), select: text })
export const repositoryTotalQuery = () => ({ ...apiQuery(listRepositories), select: text })
