import type { FlowType } from '../../../domain/flow.js'
import type { Choice } from '../../ui/select-field.js'
import { SelectField } from '../../ui/select-field.js'

const types: readonly Choice<FlowType>[] = [
  { value: 'backup', text: 'Backup' },
  { value: 'replication', text: 'Replication (not available yet)', isDisabled: true },
]

/** There is one type that can be chosen, and the form says so. */
export const FlowTypeField = () => (
  <SelectField
    label="Type"
    hint="A flow keeps its type."
    value="backup"
    choices={types}
    onChange={() => undefined}
  />
)
