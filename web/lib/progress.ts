import type { BackupJob } from '../../api/contract/backups.js'

/** Statuses in which a backup still moves. */
export const activeStatuses: readonly BackupJob['status'][] = ['pending', 'running', 'paused', 'cancelling']
export const isActive = (status: BackupJob['status']): boolean => activeStatuses.includes(status)

/**
 * How much of a backup is done, 0 to 100. A point counts as done when it stands in the repository, so 100 is
 * kept for `completed`: until then copied bytes reach 99 at most.
 */
export const percentDone = (
  job: Pick<
    BackupJob,
    'status' | 'progress' | 'total_bytes' | 'bytes_transferred' | 'bytes_stored' | 'bytes_skipped'
  >,
): number => {
  if (job.status === 'completed') return 100
  // Records hold zeros until the end while live values move, and live values are gone after it.
  const live = job.progress
  const total = live?.bytes_total || job.total_bytes
  if (total <= 0) return 0
  const read = Math.max(live?.bytes_read ?? 0, job.bytes_transferred)
  const written = Math.max(
    (live?.bytes_stored ?? 0) + (live?.bytes_skipped ?? 0),
    job.bytes_stored + job.bytes_skipped,
  )
  return Math.min(99, Math.max(0, (100 * Math.max(read, written)) / total))
}
