import { ClockIcon, PauseCircleIcon } from '@heroicons/react/24/outline'
import type { ReactNode } from 'react'
import type { BackupDetails } from '../../../api/contract/backups.js'
import { leastFreeShare } from '../../../domain/rules/pause-limits.js'
import { formatDuration, secondsBetween } from '../../lib/format.js'
import { useNow } from '../../lib/now.js'
import { waitOf } from '../../lib/waits.js'
import { TimeText } from '../../ui/time-text.js'

/** What a run waits for where its bar stands still; nothing where it moves. */
export const WaitingNote = ({ backup }: { backup: BackupDetails }) => {
  switch (backup.status) {
    case 'pending':
      return <Note>Waiting for a worker to begin.</Note>
    case 'paused':
      return <PausedNote backup={backup} />
    case 'cancelling':
      return (
        <Note>
          The copy has been told to stop. The backup is cancelled once its snapshot and its files are removed;
          the steps below show how far that is.
        </Note>
      )
    // Of a point that stands, a verification may wait.
    case 'running':
    case 'completed':
      return <RetryNote backup={backup} />
    default:
      return null
  }
}

const PausedNote = ({ backup: { pause, pause_reason: reason } }: { backup: BackupDetails }) => (
  <Note isPaused>
    <p>
      Paused
      {pause !== null && (
        <>
          {' '}
          since <TimeText iso={pause.since} />
        </>
      )}
      {reason === null ? '.' : `: ${reason}`}
    </p>
    <p className="mt-1 text-gray-300">
      {pause?.snapshot_until === null ? (
        'Its snapshot is gone and so is what was copied; resuming begins anew.'
      ) : (
        <>
          Nothing is copied and nothing else can back up this VM.{' '}
          {pause ? <SnapshotUntil until={pause.snapshot_until} /> : 'The snapshot is kept for a limited time'}{' '}
          and while its datastore has {leastFreeShare * 100} % free. If it has to go, resuming begins anew.
        </>
      )}
    </p>
  </Note>
)

const SnapshotUntil = ({ until }: { until: string | null }) => {
  const now = useNow(true)
  if (until === null) return null
  return (
    <>
      The snapshot is kept until <TimeText iso={until} /> (
      {formatDuration(secondsBetween(new Date(now).toISOString(), until, now))} left)
    </>
  )
}

const RetryNote = ({ backup }: { backup: BackupDetails }) => {
  const step = waitOf(backup.steps)
  if (step === undefined) return null
  return (
    <Note>
      <p>
        Waiting to {step.summary}: {step.detail ?? step.error_code}
      </p>
      <p className="mt-1 text-gray-300">
        {step.status === 'running'
          ? 'It goes on by itself when its turn comes.'
          : `It is tried again by itself; ${step.attempt === 1 ? 'one attempt' : `${step.attempt} attempts`} so far.`}
      </p>
    </Note>
  )
}

const Note = ({ isPaused = false, children }: { isPaused?: boolean; children: ReactNode }) => {
  const Icon = isPaused ? PauseCircleIcon : ClockIcon
  return (
    <div
      role="status"
      className="flex items-start gap-2 rounded-lg border border-gray-600 bg-gray-800 p-3 text-sm text-gray-100"
    >
      <Icon aria-hidden="true" className="h-5 w-5 shrink-0" />
      <div className="min-w-0 [overflow-wrap:anywhere]">{children}</div>
    </div>
  )
}
