import { Button } from 'flowbite-react'
import { zoneName } from '../../lib/format.js'
import { timeZones } from '../../lib/time-zones.js'
import { SelectField } from '../../ui/select-field.js'
import { withNewHours } from './hours-draft.js'
import { HoursRow } from './hours-row.js'
import type { HoursDraft, LimitDraft } from './limits-draft.js'
import { mostHours } from './limits-draft.js'

/** Hours of the week in which another rate holds. */
export const CalendarFields = <L extends LimitDraft>({
  limit,
  errorOf,
  onChange,
}: {
  limit: L
  errorOf: (field: string) => string | undefined
  onChange: (limit: L) => void
}) => {
  const { hours, timezone } = limit
  const replace = (index: number, changed: HoursDraft) =>
    onChange({ ...limit, hours: hours.map((each, at) => (at === index ? changed : each)) })
  return (
    <div>
      {hours.length > 0 && (
        <>
          <SelectField
            label="Time zone of the hours"
            hint="Where hours overlap, the lowest rate holds. Outside of them, the rate above does."
            value={timezone}
            error={errorOf('calendar.timezone')}
            choices={zoneChoices(timezone)}
            onChange={(zone) => onChange({ ...limit, timezone: zone })}
          />
          <ol aria-label="Hours" className="mt-4 space-y-3">
            {hours.map((each, index) => (
              // Hours have no id of their own, and none are moved.
              <li key={index} className="@container rounded-lg border border-gray-700 p-3">
                <HoursRow
                  name={`Hours ${index + 1}`}
                  hours={each}
                  errorOf={(field) => errorOf(`calendar.entries.${index}.${field}`)}
                  onChange={(changed) => replace(index, changed)}
                  onRemove={() => onChange({ ...limit, hours: hours.filter((_, at) => at !== index) })}
                />
              </li>
            ))}
          </ol>
        </>
      )}
      <Button
        size="xs"
        color="alternative"
        className="mt-3"
        disabled={hours.length >= mostHours}
        onClick={() => onChange(withNewHours(limit, zoneName()))}
      >
        Add hours
      </Button>
    </div>
  )
}

const zoneChoices = (chosen: string) =>
  timeZones(Intl.supportedValuesOf('timeZone'), zoneName(), chosen).map((zone) => ({
    value: zone,
    text: zone,
  }))
