import { useQuery } from '@tanstack/react-query'
import { Link } from 'react-router'
import { SelectField } from '../../ui/select-field.js'
import { FlowNextRuns } from './flow-next-runs.js'
import type { FlowFormPart } from './flow-form-part.js'
import { unread } from './flow-form-part.js'
import { flowSchedulesQuery } from './flow-schedules-query.js'
import { windowToShow } from './flow-words.js'

/** When it runs, with the next runs of what is chosen. `onLeave`: the form is left for another page. */
export const FlowScheduleField = ({
  draft,
  errorOf,
  set,
  leave,
  onLeave,
}: FlowFormPart & { onLeave: () => void }) => {
  const schedules = useQuery(flowSchedulesQuery())
  const chosen = schedules.data?.schedules.find(({ id }) => id === draft.schedule_id)
  return (
    <div>
      <SelectField
        label="Schedule"
        value={draft.schedule_id}
        error={errorOf('schedule_id') ?? unread(schedules.error)}
        choices={[
          { value: '', text: schedules.isPending ? 'Loading…' : 'None: only when somebody asks' },
          ...(schedules.data?.schedules ?? []).map((schedule) => ({
            value: schedule.id,
            text: `${schedule.name} (${schedule.cron_expression}, ${schedule.timezone})${schedule.enabled ? '' : ', off'}`,
          })),
        ]}
        onChange={(schedule_id) => set({ schedule_id })}
        onBlur={() => leave('schedule_id')}
      />
      <p className="mt-1 text-xs text-gray-400">
        Several flows may share one.{' '}
        <Link to="/schedules" onClick={onLeave} className="text-blue-400 underline">
          New schedule
        </Link>
      </p>
      {chosen?.enabled === false && (
        <p className="mt-2 text-sm text-yellow-200">This schedule is off: it starts nothing.</p>
      )}
      {chosen !== undefined && (
        <div className="mt-3 rounded-lg border border-gray-700 bg-gray-900/50 p-3">
          <FlowNextRuns
            key={chosen.id}
            scheduleId={chosen.id}
            timezone={chosen.timezone}
            window={windowToShow(draft)}
          />
        </div>
      )}
    </div>
  )
}
