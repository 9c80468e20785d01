import { useState } from 'react'
import type { FlowResponse } from '../../../api/contract/protection-flows.js'
import { ApiProblem } from '../../lib/api-problem.js'
import { CheckField } from '../../ui/check-field.js'
import { DialogActions } from '../../ui/dialog-actions.js'
import { FailureNote } from '../../ui/failure-note.js'
import { TextArea } from '../../ui/text-area.js'
import { TextField } from '../../ui/text-field.js'
import { FlowAdvancedFields } from './flow-advanced-fields.js'
import type { FlowDraft, FlowErrors, FlowField } from './flow-draft.js'
import { apiErrors, draftErrors, draftOf, newDraft, requestOf } from './flow-draft.js'
import type { FlowFormPart } from './flow-form-part.js'
import { FlowPlaceFields } from './flow-place-fields.js'
import { FlowScheduleField } from './flow-schedule-field.js'
import { FlowTargetFields } from './flow-target-fields.js'
import { FlowTypeField } from './flow-type-field.js'
import { useSaveFlow } from './use-save-flow.js'

/** Makes a flow or changes one: all that says what, when, where and how long. */
export const FlowForm = ({
  flow,
  onClose,
  onSaved,
}: {
  flow: FlowResponse | undefined
  onClose: () => void
  onSaved: (flow: FlowResponse) => void
}) => {
  const save = useSaveFlow(flow?.id)
  const { draft, errors, part, showAll } = useDraft(flow, save.error, save.reset)
  const isWrong = Object.keys(errors).length > 0
  const submit = () => {
    if (isWrong) return showAll()
    save.mutate(requestOf(draft), { onSuccess: onSaved })
  }
  return (
    <form
      noValidate
      className="space-y-5"
      onSubmit={(event) => {
        event.preventDefault()
        submit()
        focusFirstError(event.currentTarget)
      }}
    >
      <TextField
        label="Name"
        value={draft.name}
        error={part.errorOf('name')}
        maxLength={255}
        autoComplete="off"
        onChange={(name) => part.set({ name })}
        onBlur={() => part.leave('name')}
      />
      <TextArea
        label="Description"
        value={draft.description}
        maxLength={4000}
        onChange={(description) => part.set({ description })}
      />
      <FlowTypeField />
      <FlowTargetFields {...part} knownName={flow?.target_id === draft.target_id ? flow.target_name : null} />
      <FlowPlaceFields {...part} />
      <FlowScheduleField {...part} onLeave={onClose} />
      <CheckField isChecked={draft.enabled} onChange={(enabled) => part.set({ enabled })}>
        Enabled: its schedule starts runs
      </CheckField>
      <FlowAdvancedFields {...part} />
      {save.error ? <FailureNote error={save.error} /> : null}
      <DialogActions
        submit={flow === undefined ? 'Create flow' : 'Save flow'}
        isPending={save.isPending}
        onCancel={onClose}
      />
    </form>
  )
}

/** The draft, and which of its mistakes are shown: those of fields that were left, or all after a submit. */
const useDraft = (flow: FlowResponse | undefined, failure: unknown, forget: () => void) => {
  const [draft, setDraft] = useState<FlowDraft>(() => (flow === undefined ? newDraft() : draftOf(flow)))
  const [left, setLeft] = useState<ReadonlySet<FlowField>>(new Set())
  const errors = draftErrors(draft)
  const refused: FlowErrors = failure instanceof ApiProblem ? apiErrors(failure.details).fields : {}
  const part: FlowFormPart = {
    draft,
    errorOf: (field) => (left.has(field) ? errors[field] : undefined) ?? refused[field],
    set: (change) => {
      setDraft((before) => ({ ...before, ...change }))
      // What the API said was about what is no longer there.
      if (failure) forget()
    },
    leave: (field) => setLeft((before) => new Set([...before, field])),
  }
  const showAll = () => setLeft(new Set(Object.keys(draft) as FlowField[]))
  return { draft, errors, part, showAll }
}

/** After the errors are drawn: the first wrong field, inside "Advanced" if it stands there. */
const focusFirstError = (form: HTMLFormElement): void => {
  requestAnimationFrame(() => {
    const field = form.querySelector<HTMLElement>('[aria-invalid=true]')
    const details = field?.closest('details')
    if (details) details.open = true
    field?.focus()
  })
}
