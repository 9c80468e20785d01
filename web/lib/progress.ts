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
  const done = Math.max(
    live === null ? 0 : bytesDone(live),
    bytesDone({ ...job, bytes_read: job.bytes_transferred }),
  )
  return Math.min(99, Math.max(0, (100 * done) / total))
}

/** What was read, and what could be skipped without reading it. */
const bytesDone = (of: Pick<Progress, 'bytes_read' | 'bytes_stored' | 'bytes_skipped'>): number =>
  Math.max(of.bytes_read, of.bytes_stored) + of.bytes_skipped

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
  return rate > 0 ? Math.max(0, progress.bytes_total - bytesDone(progress)) / rate : null
}
