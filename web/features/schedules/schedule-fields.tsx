import { zoneName } from '../../lib/format.js'
import { timeZones } from '../../lib/time-zones.js'
import { CheckField } from '../../ui/check-field.js'
import { NumberField } from '../../ui/number-field.js'
import { SelectField } from '../../ui/select-field.js'
import { TextArea } from '../../ui/text-area.js'
import { TextField } from '../../ui/text-field.js'
import { CronField } from './cron-field.js'
import type { ScheduleDraft } from './schedule-draft.js'

export const ScheduleFields = ({
  draft,
  onChange,
}: {
  draft: ScheduleDraft
  onChange: (draft: ScheduleDraft) => void
}) => {
  const set = (change: Partial<ScheduleDraft>) => onChange({ ...draft, ...change })
  const zones = timeZones(Intl.supportedValuesOf('timeZone'), zoneName(), draft.timezone)
  return (
    <>
      <TextField
        label="Name"
        value={draft.name}
        onChange={(name) => set({ name })}
        required
        maxLength={255}
        autoComplete="off"
      />
      <TextArea
        label="Description"
        value={draft.description}
        onChange={(description) => set({ description })}
        maxLength={4000}
      />
      <CronField value={draft.cron} onChange={(cron) => set({ cron })} />
      <SelectField
        label="Time zone"
        hint="The clock that the expression is read by; it follows summer time"
        value={draft.timezone}
        choices={zones.map((zone) => ({ value: zone, text: zone }))}
        onChange={(timezone) => set({ timezone })}
      />
      <NumberField
        label="Jitter in seconds"
        hint="0 to 3600: each run begins up to so much later, so that not all begin at once"
        min={0}
        max={3600}
        value={draft.jitter}
        onChange={(jitter) => set({ jitter })}
      />
      <CheckField isChecked={draft.isEnabled} onChange={(isEnabled) => set({ isEnabled })}>
        Enabled
      </CheckField>
    </>
  )
}
