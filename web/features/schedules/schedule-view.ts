import type { SchedulePreview } from '../../../api/contract/schedules.js'
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

/** Marks the runs whose distance from UTC is another one than that of the run before: the clocks change between. */
export const withClockChanges = (
  runs: SchedulePreview['runs'],
): readonly (SchedulePreview['runs'][number] & { readonly isAfterChange: boolean })[] =>
  runs.map((run, index) => {
    const before = runs[index - 1]
    return { ...run, isAfterChange: before !== undefined && before.offset !== run.offset }
  })
