import type {
  FlowDetails,
  FlowResponse,
  FlowStatus,
  FlowStatusFields,
} from '../../../api/contract/protection-flows.js'
import type { RunsWindow } from '../../lib/schedule-runs-query.js'

/** Why a flow has no next run; null where its time says it all. */
export const noNextRun = (
  flow: Pick<FlowResponse, 'enabled' | 'schedule_id' | 'schedule_enabled'> & {
    readonly status: Pick<FlowStatusFields, 'next_execution_time'>
  },
): string | null => {
  if (!flow.enabled) return 'disabled'
  if (flow.schedule_id === null) return 'only when asked'
  if (flow.schedule_enabled === false) return 'its schedule is off'
  return flow.status.next_execution_time === null ? 'never' : null
}

/** A flow's counters: `12 runs: 10 success, 1 error, 1 other`. Warnings and cancelled runs stand in the total alone. */
export const countersInWords = (
  status: Pick<FlowStatusFields, 'total_executions' | 'successful_executions' | 'failed_executions'>,
): string => {
  const { total_executions: total, successful_executions: good, failed_executions: bad } = status
  if (total === 0) return 'no run has ended'
  const other = total - good - bad
  const parts = [
    ...(good > 0 ? [`${good.toLocaleString('en')} success`] : []),
    ...(bad > 0 ? [`${bad.toLocaleString('en')} error`] : []),
    ...(other > 0 ? [`${other.toLocaleString('en')} other`] : []),
  ]
  return `${total.toLocaleString('en')} ${total === 1 ? 'run' : 'runs'}: ${parts.join(', ')}`
}

/** Whether a run of the flow is under way, so that another cannot begin. */
export const isRunning = ({ status }: Pick<FlowResponse, 'status'>): boolean =>
  ['running', 'paused'].includes(status.last_execution_status)

/** The allowed hours: `22:00 to 06:00 (Europe/Berlin)`. */
export const windowInWords = (
  flow: Pick<FlowResponse, 'window_start' | 'window_end' | 'schedule_timezone'>,
): string =>
  flow.window_start === null || flow.window_end === null
    ? 'at any time'
    : `${flow.window_start} to ${flow.window_end} (${flow.schedule_timezone ?? 'UTC'})`

/** The hours that a preview goes by: none while a form holds half a window, or one that is always open. */
export const windowToShow = ({
  window_start: start,
  window_end: end,
}: Pick<FlowResponse, 'window_start' | 'window_end'>): RunsWindow =>
  start && end && start !== end ? { window_start: start, window_end: end } : {}

/** A new name for a copy: `Daily (copy)`, within the length of a name. */
export const nameOfCopy = (name: string): string => `${name.slice(0, 248)} (copy)`

/** Whether the flow can run now, in one sentence. `status` comes later than the flow itself. */
export const readiness = (
  flow: Pick<FlowDetails, 'current_execution' | 'enabled'>,
  status: Pick<FlowStatus, 'held_by' | 'queued'> | undefined,
): string => {
  const queued =
    status === undefined || status.queued === 0
      ? ''
      : ` ${status.queued.toLocaleString('en')} more ${status.queued === 1 ? 'waits' : 'wait'} for its end.`
  const run = flow.current_execution
  if (run !== null) {
    const how = run.status === 'paused' ? 'is paused' : run.status === 'pending' ? 'begins' : 'is under way'
    return `A run ${how}.${queued}`
  }
  if (status?.held_by) return `${withStop(status.held_by)} It can be run by hand.`
  return flow.enabled ? `Ready for operations.${queued}` : 'Disabled: it runs only when asked.'
}

/** A sentence that others wrote, ready for the next one. */
export const withStop = (sentence: string): string => (/[.!?]$/.test(sentence) ? sentence : `${sentence}.`)
