import type { ExecutionDetails } from '../../../api/contract/executions.js'
import { formatBytes, formatDuration, secondsBetween } from '../../lib/format.js'
import { useNow } from '../../lib/now.js'
import { isOpenRun, percentOfItems, runBarTone } from '../../lib/runs.js'
import { NumberFact } from '../../ui/number-fact.js'
import { ProgressBar } from '../../ui/progress-bar.js'

/** How many of its VMs a run is through with, and how they ended. */
export const ExecutionProgress = ({ run }: { run: ExecutionDetails }) => {
  const now = useNow(isOpenRun(run.status))
  const count = (value: number) => value.toLocaleString('en')
  return (
    <section aria-label="Progress" className="@container rounded-lg border border-gray-700 bg-gray-800 p-5">
      <ProgressBar
        label={`VMs of this run of ${run.flow_name} that have ended`}
        percent={percentOfItems(run)}
        tone={runBarTone(run.status)}
        isLarge
      />
      <dl className="mt-4 grid grid-cols-2 gap-4 @lg:grid-cols-4 @4xl:grid-cols-8">
        <NumberFact name="VMs" value={count(run.vms_total)} />
        <NumberFact name="Ended" value={count(run.vms_processed)} />
        <NumberFact name="Completed" value={count(run.jobs_completed)} />
        <NumberFact name="Failed" value={count(run.jobs_failed)} />
        <NumberFact name="Skipped" value={count(run.jobs_skipped)} />
        <NumberFact name="Cancelled" value={count(run.jobs_cancelled)} />
        <NumberFact name="Read" value={formatBytes(run.bytes_transferred)} />
        <NumberFact
          name="Run time"
          value={
            run.started_at === null
              ? '–'
              : formatDuration(secondsBetween(run.started_at, run.completed_at, now))
          }
        />
      </dl>
    </section>
  )
}
