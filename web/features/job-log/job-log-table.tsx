import { Link } from 'react-router'
import type { LoggedStep } from '../../../api/contract/job-log.js'
import { formatDuration, secondsBetween } from '../../lib/format.js'
import { useNow } from '../../lib/now.js'
import { isInterrupted } from '../../lib/steps.js'
import type { Column } from '../../ui/data-table.js'
import { DataTable } from '../../ui/data-table.js'
import type { Tone } from '../../ui/status-tag.js'
import { StatusTag } from '../../ui/status-tag.js'
import { TimeText } from '../../ui/time-text.js'
import { jobPlace } from './job-place.js'

const tones: Readonly<Record<LoggedStep['status'], Tone>> = {
  running: 'running',
  completed: 'good',
  failed: 'bad',
  cancelled: 'stopped',
}

export const JobLogTable = ({
  steps,
  onJob,
}: {
  steps: readonly LoggedStep[]
  onJob: (jobId: string) => void
}) => {
  const now = useNow(steps.some((step) => step.ended_at === null))
  const isLost = (step: LoggedStep): boolean =>
    step.ended_at === null &&
    isInterrupted(
      step,
      steps.filter((other) => other.job_id === step.job_id),
      true,
    )
  const columns: readonly Column<LoggedStep>[] = [
    { header: 'Began', cell: (step) => <TimeText iso={step.started_at} /> },
    { header: 'Job', cell: (step) => <JobCell step={step} onJob={onJob} /> },
    {
      header: 'Step',
      cell: (step) => (
        <>
          <span className="block min-w-32 font-medium text-white">
            {step.name}
            {step.attempt > 1 && <span className="font-normal text-gray-300"> (attempt {step.attempt})</span>}
          </span>
          <span className="block text-xs">{step.summary}</span>
        </>
      ),
    },
    {
      header: 'Status',
      cell: (step) =>
        isLost(step) ? (
          <StatusTag tone="warning">interrupted</StatusTag>
        ) : (
          <StatusTag tone={tones[step.status]}>{step.status}</StatusTag>
        ),
    },
    {
      header: 'Time',
      cell: (step) =>
        isLost(step) ? '–' : formatDuration(secondsBetween(step.started_at, step.ended_at, now)),
      isNumeric: true,
      isSecondary: true,
    },
    { header: 'Detail', cell: (step) => <DetailCell step={step} /> },
  ]
  return (
    <DataTable
      caption="Steps of all jobs, newest first"
      columns={columns}
      rows={steps}
      rowKey={(step) => `${step.job_id}:${step.step_id}:${step.attempt}`}
    />
  )
}

const JobCell = ({ step, onJob }: { step: LoggedStep; onJob: (jobId: string) => void }) => {
  const place = jobPlace(step)
  return (
    <div className="min-w-28 [overflow-wrap:anywhere]">
      {place === null ? (
        <span className="text-gray-300">{step.job_name ?? 'gone'}</span>
      ) : (
        <Link to={place} className="font-medium text-white hover:underline">
          {step.job_name}
        </Link>
      )}
      <button
        type="button"
        title="Show only this job's steps"
        className="block text-left text-xs [overflow-wrap:anywhere] text-gray-400 hover:underline"
        onClick={() => onJob(step.job_id)}
      >
        <span className="sr-only">Show only the steps of </span>
        {step.job_kind === 'other' ? step.job_id : `${step.job_kind} ${step.job_id}`}
      </button>
    </div>
  )
}

const DetailCell = ({ step }: { step: LoggedStep }) => (
  <span
    className={`block min-w-32 [overflow-wrap:anywhere] ${step.error_code === null ? '' : 'text-red-300'}`}
  >
    {step.detail ?? ''}
    {step.error_code !== null && <span className="block text-xs">Code: {step.error_code}</span>}
  </span>
)
