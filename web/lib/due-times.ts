import type { SchedulePreview } from '../../api/contract/schedules.js'
import { formatTime } from './format.js'

type Runs = SchedulePreview['runs']

/** Marks the runs whose distance from UTC is another one than that of the run before: the clocks change between. */
export const withClockChanges = (
  runs: Runs,
): readonly (Runs[number] & { readonly isAfterChange: boolean })[] =>
  runs.map((run, index) => {
    const before = runs[index - 1]
    return { ...run, isAfterChange: before !== undefined && before.offset !== run.offset }
  })

/** Whether the schedule's clock shows at each of these runs what the reader's shows. */
export const isReadersClock = (runs: Runs): boolean =>
  runs.every(({ at, local }) => formatTime(at).startsWith(local))
