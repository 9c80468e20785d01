import type { BackupFilter } from '../../../api/contract/backups.js'
import { listBackups } from '../../../api/contract/backups.js'
import { apiPages } from '../../lib/query.js'
import { isActive } from '../../lib/progress.js'

/** Backups, newest first. Events keep it true; while something runs it is also asked again now and then. */
export const backupsQuery = (filter: BackupFilter) => ({
  ...apiPages(listBackups, { limit: 50, ...filter }),
  refetchInterval: (query: { state: { data?: BackupPages | undefined } }) =>
    query.state.data?.pages.some((page) => page.backups.some((job) => isActive(job.status))) ? 10_000 : false,
})

interface BackupPages {
  readonly pages: readonly {
    readonly backups: readonly { readonly status: Parameters<typeof isActive>[0] }[]
  }[]
}
