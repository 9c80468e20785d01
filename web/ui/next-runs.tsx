import type { SchedulePreview } from '../../api/contract/schedules.js'
import { isReadersClock, withClockChanges } from '../lib/due-times.js'
import { TimeText } from './time-text.js'

/** The next runs by the clock of the schedule's zone, with the reader's own beside it, and what to know about them. */
export const NextRuns = ({
  preview,
  timezone,
  never = 'It never runs.',
}: {
  preview: SchedulePreview
  timezone: string
  never?: string | undefined
}) => (
  <div className="space-y-3 text-sm">
    <p className="font-medium text-gray-100">{preview.in_words}</p>
    {preview.notes.length > 0 && (
      <ul className="space-y-1 rounded-lg border border-yellow-700 bg-yellow-950/40 p-3 text-yellow-200">
        {preview.notes.map((note) => (
          <li key={note}>{note}</li>
        ))}
      </ul>
    )}
    {preview.runs.length === 0 ? (
      <p className="text-yellow-200">{never}</p>
    ) : (
      <RunsTable runs={preview.runs} timezone={timezone} />
    )}
  </div>
)

const RunsTable = ({ runs, timezone }: { runs: SchedulePreview['runs']; timezone: string }) => {
  // The same times twice say nothing.
  const hasOwnTime = !isReadersClock(runs)
  return (
    <table className="w-full">
      <caption className="mb-1 text-left text-xs text-gray-400">Next runs, in {timezone}</caption>
      <thead className="sr-only">
        <tr>
          <th scope="col">In {timezone}</th>
          {hasOwnTime && <th scope="col">Your time</th>}
        </tr>
      </thead>
      <tbody className="divide-y divide-gray-700">
        {withClockChanges(runs).map((run) => (
          <tr key={run.at}>
            <td className="py-1 pr-4 text-gray-100 tabular-nums">
              <span className="whitespace-nowrap">
                {run.local} <span className="text-xs text-gray-400">UTC{run.offset}</span>
              </span>
              {run.isAfterChange && (
                <span className="ml-2 text-xs text-yellow-200">after the clock change</span>
              )}
            </td>
            {hasOwnTime && (
              <td className="py-1 text-right text-xs text-gray-400">
                <TimeText iso={run.at} hasZone />
              </td>
            )}
          </tr>
        ))}
      </tbody>
    </table>
  )
}
