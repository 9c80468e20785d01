import type { ScheduleExecutionStatus } from '../../../domain/schedule.js'
import { formatDuration } from '../../lib/format.js'
import type { Tone } from '../../ui/status-tag.js'

export const executionTones: Readonly<Record<ScheduleExecutionStatus, Tone>> = {
  started: 'good',
  queued: 'waiting',
  skipped: 'stopped',
  missed: 'warning',
  error: 'bad',
}

/** `none` or `up to 5 min 00 s`. */
export const jitterText = (seconds: number): string =>
  seconds === 0 ? 'none' : `up to ${formatDuration(seconds)}`
