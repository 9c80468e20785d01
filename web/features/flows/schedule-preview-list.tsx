import { useQuery } from '@tanstack/react-query'
import { formatTime, zoneOffset } from '../../lib/format.js'
import { QueryStates } from '../../ui/query-states.js'
import { schedulePreviewQuery } from './schedule-preview-query.js'

/** The next ten due times on the schedule's own clock, and on the reader's where that differs. */
export const SchedulePreviewList = ({ scheduleId }: { scheduleId: string }) => {
  const preview = useQuery(schedulePreviewQuery(scheduleId))
  return (
    <QueryStates
      asked={preview}
      loading="Working out the next runs"
      skeletonLines={2}
      isEmpty={({ runs }) => runs.length === 0}
      empty={<p className="text-sm text-yellow-200">This schedule never comes due.</p>}
    >
      {({ in_words: words, runs, notes }) => (
        <div className="text-sm text-gray-200">
          <p className="font-medium">{words}</p>
          <ol aria-label="Next runs" className="mt-2 grid gap-x-6 gap-y-1 sm:grid-cols-2">
            {runs.map(({ at, local, offset }) => (
              <li key={at} className="tabular-nums">
                <time dateTime={at} title={`${formatTime(at)} ${zoneOffset(at)} here`}>
                  {local} <span className="text-gray-400">UTC{offset}</span>
                </time>
              </li>
            ))}
          </ol>
          {notes.map((note) => (
            <p key={note} className="mt-2 text-xs text-yellow-200">
              {note}
            </p>
          ))}
        </div>
      )}
    </QueryStates>
  )
}
