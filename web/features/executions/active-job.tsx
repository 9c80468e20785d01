import { Link } from 'react-router'
import type { BackupJob } from '../../../api/contract/backups.js'
import type { Progress } from '../../../domain/progress.js'
import { formatBytes, formatDuration, formatRate } from '../../lib/format.js'
import { barTone, percentDone, recentRate, secondsLeft } from '../../lib/progress.js'
import { rateFacts } from '../../lib/rates.js'
import { BackupStatusTag } from '../../ui/backup-status-tag.js'
import { NumberFact } from '../../ui/number-fact.js'
import { ProgressBar } from '../../ui/progress-bar.js'
import { RateChart } from '../../ui/rate-chart.js'
import { TimeText } from '../../ui/time-text.js'

/** One backup under way: how far, how fast, how long still, and its last minute. */
export const ActiveJob = ({ job, isChartOpen }: { job: BackupJob; isChartOpen: boolean }) => (
  <li className="@container rounded-lg border border-gray-700 bg-gray-800 p-4">
    <div className="mb-3 flex flex-wrap items-center justify-between gap-2">
      <p className="min-w-0 [overflow-wrap:anywhere]">
        <Link to={`/backups/${job.id}`} className="font-medium text-white hover:underline">
          {job.vm_name}
          <span className="sr-only">, details of backup {job.id}</span>
        </Link>{' '}
        <span className="text-sm text-gray-300">{job.backup_type} backup</span>
      </p>
      <BackupStatusTag status={job.status} />
    </div>
    <ProgressBar
      label={`Progress of ${job.vm_name}`}
      percent={percentDone(job)}
      tone={barTone(job.status)}
      isLarge
    />
    {job.status === 'paused' && job.pause_reason !== null && (
      <p className="mt-2 text-sm text-yellow-200">{job.pause_reason}</p>
    )}
    <JobNumbers job={job} />
    {job.progress !== null && <LastMinute progress={job.progress} job={job} isOpen={isChartOpen} />}
  </li>
)

const JobNumbers = ({ job }: { job: BackupJob }) => {
  const { progress } = job
  const left = job.status === 'running' && progress !== null ? secondsLeft(progress) : null
  const isMoving = job.status === 'running' && progress !== null
  return (
    <dl className="mt-3 grid grid-cols-2 gap-4 @lg:grid-cols-4">
      <div>
        <dt className="text-xs text-gray-400">Started</dt>
        <dd className="text-sm text-white">
          <TimeText iso={job.started_at} />
        </dd>
      </div>
      <NumberFact name="Speed" value={isMoving ? formatRate(recentRate(progress)) : '–'} />
      <NumberFact name="Time left" value={left === null ? '–' : formatDuration(left)} />
      <NumberFact name="Read" value={readOf(job)} />
    </dl>
  )
}

const readOf = ({ progress, bytes_transferred: bytes, total_bytes: total }: BackupJob): string => {
  const of = progress?.bytes_total || total
  const read = formatBytes(Math.max(bytes, progress?.bytes_read ?? 0))
  return of > 0 ? `${read} of ${formatBytes(of)}` : read
}

const LastMinute = ({ progress, job, isOpen }: { progress: Progress; job: BackupJob; isOpen: boolean }) => {
  const facts = rateFacts(progress.samples)
  if (facts === null) return null
  return (
    <details open={isOpen} className="mt-3">
      <summary className="cursor-pointer text-sm text-gray-300">
        Last 60 s: peak {formatRate(facts.peak)}, average {formatRate(facts.average)},{' '}
        <span title="Average ÷ peak: how steadily the highest speed is kept">
          efficiency {facts.efficiencyPercent} %
        </span>
      </summary>
      <RateChart samples={progress.samples} isMoving={job.status === 'running'} />
    </details>
  )
}
