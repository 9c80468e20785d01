import { Label, Select } from 'flowbite-react'
import { useId } from 'react'
import { FieldNotes, notesOf } from './field-notes.js'

export interface Choice<V extends string> {
  readonly value: V
  readonly text: string
  readonly isDisabled?: boolean
}

/** A labelled choice of one. */
export const SelectField = <V extends string>({
  label,
  hint,
  error,
  value,
  choices,
  onChange,
  onBlur,
}: {
  label: string
  hint?: string
  error?: string | undefined
  value: V
  choices: readonly Choice<V>[]
  onChange: (value: V) => void
  onBlur?: () => void
}) => {
  const id = useId()
  return (
    <div>
      <Label htmlFor={id} className="mb-1.5 block">
        {label}
      </Label>
      <Select
        id={id}
        value={value}
        onBlur={onBlur}
        {...notesOf(id, hint, error)}
        onChange={(event) => {
          const chosen = choices.find((choice) => choice.value === event.target.value)
          if (chosen) onChange(chosen.value)
        }}
      >
        {choices.map((choice) => (
          <option key={choice.value} value={choice.value} disabled={choice.isDisabled}>
            {choice.text}
          </option>
        ))}
      </Select>
      <FieldNotes id={id} hint={hint} error={error} />
    </div>
  )
}
