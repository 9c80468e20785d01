import { Label, Select } from 'flowbite-react'
import { useId } from 'react'

export interface Choice<V extends string> {
  readonly value: V
  readonly text: string
}

/** A labelled choice of one. */
export const SelectField = <V extends string>({
  label,
  hint,
  value,
  choices,
  onChange,
}: {
  label: string
  hint?: string
  value: V
  choices: readonly Choice<V>[]
  onChange: (value: V) => void
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
        aria-describedby={hint ? `${id}-hint` : undefined}
        onChange={(event) => {
          const chosen = choices.find((choice) => choice.value === event.target.value)
          if (chosen) onChange(chosen.value)
        }}
      >
        {choices.map((choice) => (
          <option key={choice.value} value={choice.value}>
            {choice.text}
          </option>
        ))}
      </Select>
      {hint && (
        <p id={`${id}-hint`} className="mt-1 text-xs text-gray-400">
          {hint}
        </p>
      )}
    </div>
  )
}
