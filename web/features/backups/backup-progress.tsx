import type { BackupDetails } from '../../../api/contract/backups.js'
import { awayOf } from '../../lib/away.js'
import { bottleneckText } from '../../lib/bottleneck.js'
import { formatBytes, formatDuration, formatRate, secondsBetween } from '../../lib/format.js'
import { useNow } from '../../lib/now.js'
import { barTone, isActive, percentDone, recentRate, secondsLeft } from '../../lib/progress.js'
import { NumberFact } from '../../ui/number-fact.js'
import { ProgressBar } from '../../ui/progress-bar.js'
import { RateChart } from '../../ui/rate-chart.js'

/** How far it is, how fast, how long still and what holds it back. */
export const BackupProgress = ({ backup }: { backup: BackupDetails }) => {
  const isMoving = isCopying(backup)
  const { progress } = backup
  return (
    <section aria-label="Progress" className="@container rounded-lg border border-gray-700 bg-gray-800 p-5">
      <ProgressBar
        label={`Progress of ${backup.vm_name}`}
        percent={percentDone(backup)}
        tone={barTone(backup.status)}
        isLarge
      />
      <dl
        className={`mt-4 grid grid-cols-2 gap-4 ${isMoving ? '@lg:grid-cols-3 @4xl:grid-cols-7' : '@lg:grid-cols-5'}`}
      >
        {(isMoving || !isActive(backup.status)) && (
          <NumberFact name={isMoving ? 'Speed' : 'Average speed'} value={speedOf(backup)} />
        )}
        {isMoving && <NumberFact name="Time left" value={timeLeft(backup)} />}
        {isMoving && <NumberFact name="Bottleneck" value={bottleneckText(progress.bottleneck)} />}
        <NumberFact
          name="Read"
          value={formatBytes(Math.max(backup.bytes_transferred, progress.bytes_read))}
        />
        <NumberFact name="Stored" value={formatBytes(Math.max(backup.bytes_stored, progress.bytes_stored))} />
        <NumberFact
          name="Skipped unread"
          value={formatBytes(Math.max(backup.bytes_skipped, progress.bytes_skipped))}
        />
        <RunTime backup={backup} />
      </dl>
      {isMoving && <AwayNotes backup={backup} />}
      <RateChart samples={progress.samples} isMoving={isMoving} />
    </section>
  )
}

/** Ends that were lost: their copies stand still until they are back. */
const AwayNotes = ({ backup }: { backup: BackupDetails }) =>
  awayOf(backup.steps).map(({ step_id, text }) => (
    <p key={step_id} role="status" className="mt-4 text-sm text-yellow-200">
      {text}
    </p>
  ))

/** A run that is paused or stops is open, but nothing of it moves: what it last measured says nothing of now. */
const isCopying = ({ status }: BackupDetails): boolean => status === 'pending' || status === 'running'

const RunTime = ({ backup }: { backup: BackupDetails }) => {
  const isOpen = isActive(backup.status)
  const now = useNow(isOpen)
  const value =
    backup.started_at === null || (!isOpen && backup.completed_at === undefined)
      ? '–'
      : formatDuration(secondsBetween(backup.started_at, backup.completed_at, now))
  return <NumberFact name="Run time" value={value} />
}

const speedOf = (backup: BackupDetails): string => {
  if (isCopying(backup)) return formatRate(recentRate(backup.progress))
  const milliseconds = Math.max(0, ...backup.disks.map((disk) => disk.duration_ms ?? 0))
  return milliseconds === 0 ? '–' : formatRate(backup.bytes_transferred / (milliseconds / 1000))
}

const timeLeft = (backup: BackupDetails): string => {
  const left = isCopying(backup) ? secondsLeft(backup.progress) : null
  return left === null ? '–' : formatDuration(left)
}
