import type { BackupJob } from '../../api/contract/backups.js'
import type { Progress } from '../../domain/progress.js'

/** Statuses in which a backup still moves. */
export const activeStatuses: readonly BackupJob['status'][] = ['pending', 'running', 'paused', 'cancelling']
export const isActive = (status: BackupJob['status']): boolean => activeStatuses.includes(status)

/** Whether a run is over and has left something that still is to be removed. */
export const isCleanupPending = (job: Pick<BackupJob, 'status' | 'cleanup'>): boolean =>
  !isActive(job.status) && job.cleanup === 'pending'

/** What the bar of a run says by its colour; its status stands beside it in words. */
export const barTone = (status: BackupJob['status']): 'moving' | 'good' | 'bad' | 'stopped' => {
  if (status === 'completed') return 'good'
  if (status === 'failed') return 'bad'
  return status === 'cancelled' || status === 'cancelling' || status === 'paused' ? 'stopped' : 'moving'
}

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

const averagedSeconds = 10

/** Bytes per second over the last ten seconds: a slow source answers in bursts, and single seconds read as zero. */
export const recentRate = ({ samples, bytes_per_second }: Progress): number => {
  const [first, newest] = [samples[0], samples.at(-1)]
  if (first === undefined || newest === undefined) return bytes_per_second
  const seconds = Math.min(averagedSeconds, newest[0] - first[0] + 1)
  const recent = samples.filter(([time]) => time > newest[0] - seconds)
  return recent.reduce((sum, [, rate]) => sum + rate, 0) / seconds
}

/** Seconds until all is copied: the mover's word, else what the recent rate makes of the rest; null when nothing moves. */
export const secondsLeft = (progress: Progress): number | null => {
  if (progress.eta_seconds !== null) return progress.eta_seconds
  const rate = recentRate(progress)
  const done = Math.max(progress.bytes_read, progress.bytes_stored + progress.bytes_skipped)
  return rate > 0 ? Math.max(0, progress.bytes_total - done) / rate : null
}
