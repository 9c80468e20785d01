import { useState } from 'react'
import type { Quiesce } from '../../../domain/backup.js'
import type { BusyVmPolicy, MissedRunPolicy, OverlapPolicy } from '../../../domain/flow.js'
import type { Choice } from '../../ui/select-field.js'
import { SelectField } from '../../ui/select-field.js'
import { TextField } from '../../ui/text-field.js'
import type { FlowFormPart } from './flow-form-part.js'
import { hasAdvancedError } from './flow-form-part.js'
import { numberFields } from './flow-number-fields.js'

const overlaps: readonly Choice<OverlapPolicy>[] = [
  { value: 'skip', text: 'Skip the due run' },
  { value: 'queue', text: 'Queue it: it begins when the run has ended' },
]
const missed: readonly Choice<MissedRunPolicy>[] = [
  { value: 'run_once', text: 'Run once now, however many were missed' },
  { value: 'run_all', text: 'Run all of them, one after the other' },
  { value: 'skip', text: 'Skip them' },
]
const busy: readonly Choice<BusyVmPolicy>[] = [
  { value: 'wait', text: 'Wait until it is free' },
  { value: 'skip', text: 'Skip it, if that backup goes to the same repository' },
]
const quiesces: readonly Choice<Quiesce>[] = [
  { value: 'prefer', text: 'Prefer: go on without when the guest refuses' },
  { value: 'require', text: 'Require: fail when the guest refuses' },
  { value: 'never', text: 'Never: crash consistent' },
]

/** How it behaves where the usual is not wanted; opens by itself where something in it is wrong. */
export const FlowAdvancedFields = (part: FlowFormPart) => {
  const [isOpen, setOpen] = useState(false)
  return (
    <details
      open={isOpen || hasAdvancedError(part.errorOf)}
      onToggle={(event) => setOpen(event.currentTarget.open)}
      className="rounded-lg border border-gray-700 p-4"
    >
      <summary className="cursor-pointer font-medium text-gray-100">Advanced settings</summary>
      <div className="mt-4 space-y-4">
        <Choices {...part} />
        <Numbers {...part} />
        <Window {...part} />
      </div>
    </details>
  )
}

const Choices = ({ draft, errorOf, set }: FlowFormPart) => (
  <>
    <SelectField
      label="Due while it still runs"
      hint="What happens to a run that comes due before the one before it has ended."
      value={draft.overlap_policy}
      error={errorOf('overlap_policy')}
      choices={overlaps}
      onChange={(overlap_policy) => set({ overlap_policy })}
    />
    <SelectField
      label="Missed runs"
      hint="Due times that passed while Sendense was down."
      value={draft.missed_run_policy}
      error={errorOf('missed_run_policy')}
      choices={missed}
      onChange={(missed_run_policy) => set({ missed_run_policy })}
    />
    <SelectField
      label="Busy VM"
      hint="What happens when something else backs up a VM as its turn comes."
      value={draft.busy_vm_policy}
      error={errorOf('busy_vm_policy')}
      choices={busy}
      onChange={(busy_vm_policy) => set({ busy_vm_policy })}
    />
    <SelectField
      label="Quiesce the guest"
      hint="Asks the guest to bring its file systems and applications to rest for the snapshot."
      value={draft.quiesce}
      error={errorOf('quiesce')}
      choices={quiesces}
      onChange={(quiesce) => set({ quiesce })}
    />
  </>
)

const Numbers = ({ draft, errorOf, set, leave }: FlowFormPart) => (
  <div className="grid items-start gap-4 sm:grid-cols-2">
    {numberFields.map(({ field, label, hint }) => (
      <TextField
        key={field}
        label={label}
        hint={hint}
        inputMode="numeric"
        autoComplete="off"
        maxLength={8}
        value={draft[field]}
        error={errorOf(field)}
        onChange={(value) => set({ [field]: value })}
        onBlur={() => leave(field)}
      />
    ))}
  </div>
)

const Window = ({ draft, errorOf, set, leave }: FlowFormPart) => (
  <fieldset>
    <legend className="text-sm font-medium text-gray-100">Backup window</legend>
    <p className="mb-2 text-xs text-gray-400">
      Outside these hours, in the schedule's time zone, due runs are skipped and running ones pause. It may
      span midnight. Run now works at any time.
    </p>
    <div className="grid items-start gap-4 sm:grid-cols-2">
      {(['window_start', 'window_end'] as const).map((field) => (
        <TextField
          key={field}
          label={field === 'window_start' ? 'From' : 'To'}
          type="time"
          value={draft[field]}
          error={errorOf(field)}
          onChange={(value) => set({ [field]: value })}
          onBlur={() => leave(field)}
        />
      ))}
    </div>
  </fieldset>
)
