import type { ExecutionResponse } from '../../api/contract/executions.js'
import type { ExecutionStatus } from '../../domain/execution.js'
import { openExecutionStatuses } from '../../domain/execution.js'
import { formatCount } from './format.js'

export const isOpenRun = (status: ExecutionStatus): boolean =>
  openExecutionStatuses.some((open) => open === status)

/** How many of a run's VMs have ended, 0 to 100. 100 is kept for a run that is over. */
export const percentOfItems = ({
  status,
  vms_total: total,
  vms_processed: done,
}: Pick<ExecutionResponse, 'status' | 'vms_total' | 'vms_processed'>): number => {
  if (total === 0) return isOpenRun(status) ? 0 : 100
  const percent = Math.min(100, (100 * done) / total)
  return isOpenRun(status) ? Math.min(99, percent) : percent
}

/** What the bar of a run says by its colour; its status stands beside it in words. */
type RunTone = 'moving' | 'good' | 'bad' | 'stopped'

const barTones: Readonly<Record<ExecutionStatus, RunTone>> = {
  pending: 'moving',
  running: 'moving',
  paused: 'stopped',
  success: 'good',
  warning: 'good',
  error: 'bad',
  cancelled: 'stopped',
}
export const runBarTone = (status: ExecutionStatus): RunTone => barTones[status]

/** What became of a run's VMs, in words: `12 of 20 VMs ended: 10 completed, 2 failed`. */
export const itemsInWords = (
  run: Pick<
    ExecutionResponse,
    'vms_total' | 'vms_processed' | 'jobs_completed' | 'jobs_failed' | 'jobs_skipped' | 'jobs_cancelled'
  >,
): string => {
  const ended = [
    [run.jobs_completed, 'completed'],
    [run.jobs_failed, 'failed'],
    [run.jobs_skipped, 'skipped'],
    [run.jobs_cancelled, 'cancelled'],
  ] as const
  const parts = ended.flatMap(([count, what]) => (count > 0 ? [`${count.toLocaleString('en')} ${what}`] : []))
  const counted = `${run.vms_processed.toLocaleString('en')} of ${formatCount(run.vms_total, 'VM')} ended`
  return parts.length === 0 ? counted : `${counted}: ${parts.join(', ')}`
}
