import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect } from 'react'
import type { ExecutionDetails } from '../../../api/contract/executions.js'
import { useAskAgain } from '../../lib/ask-again.js'
import { formatCount, formatRate } from '../../lib/format.js'
import { isActive, recentRate } from '../../lib/progress.js'
import { isOpenRun } from '../../lib/runs.js'
import { takeEnd } from '../../lib/take-execution.js'
import { EmptyNote } from '../../ui/empty-note.js'
import { QueryStates } from '../../ui/query-states.js'
import { ActiveJob } from './active-job.js'
import { executionQuery } from './execution-query.js'
import { WaitingItems } from './waiting-items.js'

/** More charts than these at once say less than none: the others open one by one. */
const chartsAtOnce = 4

/** What a run works on now, and what waits for its turn; `id` null: nothing runs. */
export const ActiveJobs = ({ id }: { id: string | null }) =>
  id === null ? (
    <EmptyNote title="Nothing runs now">Backups of this flow show here while they are copied.</EmptyNote>
  ) : (
    <ActiveJobsOf id={id} />
  )

const ActiveJobsOf = ({ id }: { id: string }) => {
  const run = useQuery(executionQuery(id))
  // Items that begin or wait: events carry the run's counters and its jobs only.
  const client = useQueryClient()
  const ended = run.data !== undefined && !isOpenRun(run.data.status) ? run.data : undefined
  // Asking can be ahead of the event; the flow beside it must not say the opposite meanwhile.
  useEffect(() => {
    if (ended !== undefined) takeEnd(client, ended)
  }, [client, ended])
  useAskAgain(run.data !== undefined && isOpenRun(run.data.status), 5000, run.refetch)
  return (
    <QueryStates asked={run} loading="Loading what runs">
      {(details) => <ActiveContent run={details} />}
    </QueryStates>
  )
}

const ActiveContent = ({ run }: { run: ExecutionDetails }) => {
  const active = run.jobs.filter((job) => isActive(job.status))
  const rates = active.flatMap((job) =>
    job.status === 'running' && job.progress !== null ? [recentRate(job.progress)] : [],
  )
  return (
    <div className="space-y-4">
      {active.length === 0 ? (
        <EmptyNote title={isOpenRun(run.status) ? 'No backup is being copied' : 'This run is over'}>
          {run.pause_reason ?? (isOpenRun(run.status) ? 'The next VM begins when it is its turn.' : null)}
        </EmptyNote>
      ) : (
        <>
          <p role="status" className="text-sm text-gray-300">
            {formatCount(active.length, 'backup')} under way
            {rates.length > 1 && `, together ${formatRate(rates.reduce((sum, rate) => sum + rate, 0))}`}
          </p>
          <ul aria-label="Backups under way" className="space-y-3">
            {active.map((job, index) => (
              <ActiveJob key={job.id} job={job} isChartOpen={index < chartsAtOnce} />
            ))}
          </ul>
        </>
      )}
      {isOpenRun(run.status) && <WaitingItems run={run} />}
    </div>
  )
}
