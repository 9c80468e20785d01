import { Button } from 'flowbite-react'
import { TextField } from '../../ui/text-field.js'
import { usualCrons } from './usual-crons.js'

export const CronField = ({ value, onChange }: { value: string; onChange: (cron: string) => void }) => (
  <div className="space-y-2">
    <TextField
      label="Cron expression"
      hint="minute, hour, day of the month, month, day of the week"
      placeholder="0 2 * * *"
      value={value}
      onChange={onChange}
      required
      maxLength={128}
      autoComplete="off"
    />
    <ul aria-label="Usual choices" className="flex flex-wrap gap-2">
      {usualCrons.map(({ name, cron }) => (
        <li key={cron}>
          <Button
            size="xs"
            color={value.trim() === cron ? 'blue' : 'alternative'}
            aria-pressed={value.trim() === cron}
            onClick={() => onChange(cron)}
          >
            {name}
          </Button>
        </li>
      ))}
    </ul>
  </div>
)
