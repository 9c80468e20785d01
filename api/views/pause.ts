import type { Backup } from '../../domain/backup.js'
import type { JobStep } from '../../domain/job-step.js'
import type { BackupPause } from '../contract/backups.js'

const minute = 60_000

/**
 * Since when a run is paused and until when its snapshot is kept, as its JobLog tells; null when it is not paused. The
 * limit is its worker's setting, which only the claim's own record knows here.
 */
export function pauseOf(
  backup: Pick<Backup, 'status' | 'snapshot_taken_at'>,
  steps: readonly Pick<JobStep, 'name' | 'detail' | 'started_at'>[],
): BackupPause | null {
  if (backup.status !== 'paused') return null
  const since = newest(steps, 'markPaused')?.started_at
  if (since === undefined) return null
  const minutes = Number(/\bpauseMinutes: ([0-9.]+)/.exec(newest(steps, 'claimBackup')?.detail ?? '')?.[1])
  const isKept = backup.snapshot_taken_at !== null && Number.isFinite(minutes)
  const until = new Date(Date.parse(since) + minutes * minute)
  return { since, snapshot_until: isKept ? until.toISOString() : null }
}

const newest = <Step extends Pick<JobStep, 'name' | 'started_at'>>(
  steps: readonly Step[],
  name: string,
): Step | undefined =>
  steps
    .filter((step) => step.name === name)
    .toSorted((a, b) => a.started_at.localeCompare(b.started_at))
    .at(-1)
