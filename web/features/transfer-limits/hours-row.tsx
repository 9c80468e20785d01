import { Button } from 'flowbite-react'
import { useId } from 'react'
import { weekdays } from '../../../domain/transfer-limits.js'
import { CheckField } from '../../ui/check-field.js'
import { FieldNotes, notesOf } from '../../ui/field-notes.js'
import type { Choice } from '../../ui/select-field.js'
import { SelectField } from '../../ui/select-field.js'
import { TextField } from '../../ui/text-field.js'
import { hoursNote, weekdayNames, withDay } from './hours-draft.js'
import type { HoursDraft, HoursKind } from './limits-draft.js'

const kinds: readonly Choice<HoursKind>[] = [
  { value: 'rate', text: 'at most' },
  { value: 'stopped', text: 'stopped' },
  { value: 'unlimited', text: 'unlimited' },
]

export interface HoursPart {
  readonly hours: HoursDraft
  readonly errorOf: (field: string) => string | undefined
  readonly onChange: (hours: HoursDraft) => void
}

/** Hours of some days of the week, and the rate that holds in them. */
export const HoursRow = ({ name, onRemove, ...part }: HoursPart & { name: string; onRemove: () => void }) => {
  const { hours, errorOf, onChange } = part
  return (
    <div role="group" aria-label={name} className="space-y-3">
      <div className="flex items-start justify-between gap-3">
        <Days {...part} />
        <Button size="xs" color="alternative" className="shrink-0" onClick={onRemove}>
          Remove hours
        </Button>
      </div>
      <div className="grid grid-cols-2 items-start gap-3 @2xl:grid-cols-4">
        <TextField
          label="From"
          type="time"
          value={hours.from}
          error={errorOf('from')}
          onChange={(from) => onChange({ ...hours, from })}
        />
        <TextField
          label="To"
          type="time"
          value={hours.to}
          error={errorOf('to')}
          {...hintOf(hoursNote(hours))}
          onChange={(to) => onChange({ ...hours, to })}
        />
        <SelectField
          label="Speed"
          value={hours.kind}
          choices={kinds}
          onChange={(kind) => onChange({ ...hours, kind })}
        />
        {hours.kind === 'rate' && (
          <TextField
            label="Rate (MiB/s)"
            inputMode="decimal"
            autoComplete="off"
            maxLength={24}
            value={hours.rate}
            error={errorOf('bytes_per_second')}
            onChange={(rate) => onChange({ ...hours, rate })}
          />
        )}
      </div>
    </div>
  )
}

const hintOf = (hint: string | undefined) => (hint === undefined ? {} : { hint })

const Days = ({ hours, errorOf, onChange }: HoursPart) => {
  const id = useId()
  const error = errorOf('days')
  return (
    <fieldset aria-describedby={notesOf(id, undefined, error)['aria-describedby']}>
      <legend className="sr-only">Days</legend>
      <div className="flex flex-wrap gap-x-4 gap-y-2">
        {weekdays.map((day) => (
          <CheckField
            key={day}
            isChecked={hours.days.includes(day)}
            onChange={(isIn) => onChange({ ...hours, days: withDay(hours.days, day, isIn) })}
          >
            {weekdayNames[day]}
          </CheckField>
        ))}
      </div>
      <FieldNotes id={id} hint={undefined} error={error} />
    </fieldset>
  )
}
