import { SelectField } from '../../ui/select-field.js'
import { TextField } from '../../ui/text-field.js'
import type { JobLogChoice } from './job-log-filter.js'
import { ranges, stepStatuses } from './job-log-filter.js'

const statuses = [
  { value: '', text: 'All' },
  ...stepStatuses.map((status) => ({ value: status, text: status })),
] as const

export const JobLogFilters = ({
  choice,
  onChange,
}: {
  choice: JobLogChoice
  onChange: (choice: JobLogChoice) => void
}) => (
  <search className="mb-4 grid grid-cols-2 gap-4 lg:grid-cols-4">
    <SelectField
      label="Time"
      value={choice.range}
      choices={ranges}
      onChange={(range) => onChange({ ...choice, range })}
    />
    <SelectField
      label="Status"
      value={choice.status}
      choices={statuses}
      onChange={(status) => onChange({ ...choice, status })}
    />
    <TextField
      label="Job id"
      value={choice.jobId}
      onChange={(jobId) => onChange({ ...choice, jobId })}
      autoComplete="off"
    />
    <TextField
      label="Text"
      value={choice.search}
      onChange={(search) => onChange({ ...choice, search })}
      maxLength={255}
      autoComplete="off"
    />
  </search>
)
