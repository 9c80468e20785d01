import type { JobStep } from '../../domain/job-step.js'
import { formatDuration, secondsBetween } from '../lib/format.js'
import { isInterrupted } from '../lib/steps.js'
import { useNow } from '../lib/now.js'
import type { Column } from './data-table.js'
import { DataTable } from './data-table.js'
import { EmptyNote } from './empty-note.js'
import type { Tone } from './status-tag.js'
import { StatusTag } from './status-tag.js'
import { TimeText } from './time-text.js'

const tones: Readonly<Record<JobStep['status'], Tone>> = {
  running: 'running',
  completed: 'good',
  failed: 'bad',
  cancelled: 'stopped',
}

/** The JobLog: each attempt of each step, in the order in which they began. */
export const StepsTable = ({
  of = 'backup',
  steps,
  isMoving,
  isCancelled,
}: {
  of?: 'backup' | 'execution'
  steps: readonly JobStep[]
  isMoving: boolean
  isCancelled: boolean
}) => {
  const now = useNow(isMoving && steps.some((step) => step.ended_at === null))
  if (steps.length === 0) return <EmptyNote title="No step has begun yet" />
  const ordered = [...steps].sort((a, b) => a.started_at.localeCompare(b.started_at) || a.attempt - b.attempt)
  const isLost = (step: JobStep): boolean => isInterrupted(step, steps, isMoving)
  const columns: readonly Column<JobStep>[] = [
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
    { header: 'Attempt', cell: (step) => step.attempt, isNumeric: true, isSecondary: true },
    {
      header: 'Status',
      cell: (step) =>
        isLost(step) ? (
          <StatusTag tone="warning">interrupted</StatusTag>
        ) : (
          <StatusTag tone={tones[step.status]}>
            {/* A pause stops copies, too. */}
            {step.status === 'cancelled' && !isCancelled ? 'stopped' : step.status}
          </StatusTag>
        ),
    },
    { header: 'Started', cell: (step) => <TimeText iso={step.started_at} /> },
    {
      header: 'Time',
      cell: (step) =>
        isLost(step) ? '–' : formatDuration(secondsBetween(step.started_at, step.ended_at, now)),
      isNumeric: true,
    },
    { header: 'Detail', cell: (step) => (isLost(step) ? lostDetail : <StepDetail step={step} />) },
  ]
  return (
    <DataTable
      caption={`Steps of this ${of} with their attempts`}
      columns={columns}
      rows={ordered}
      rowKey={(step) => `${step.step_id}:${step.attempt}`}
    />
  )
}

const lostDetail = 'Its worker went away before it ended; a later attempt or the clean-up took over.'

const StepDetail = ({ step }: { step: JobStep }) => (
  <span
    className={`block min-w-32 [overflow-wrap:anywhere] ${step.error_code === null ? '' : 'text-red-300'}`}
  >
    {step.detail ?? ''}
    {step.error_code !== null && <span className="block text-xs">Code: {step.error_code}</span>}
  </span>
)
