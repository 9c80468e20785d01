import { Label, TextInput } from 'flowbite-react'
import { useId } from 'react'

/** A labelled whole number; while the field is empty its value is NaN, and the form is not sent. */
export const NumberField = ({
  label,
  hint,
  value,
  min,
  max,
  onChange,
}: {
  label: string
  hint?: string
  value: number
  min: number
  max: number
  onChange: (value: number) => void
}) => {
  const id = useId()
  return (
    <div>
      <Label htmlFor={id} className="mb-1.5 block">
        {label}
      </Label>
      <TextInput
        id={id}
        type="number"
        required
        step={1}
        min={min}
        max={max}
        value={Number.isNaN(value) ? '' : value}
        aria-describedby={hint ? `${id}-hint` : undefined}
        onChange={(event) => onChange(event.target.valueAsNumber)}
      />
      {hint && (
        <p id={`${id}-hint`} className="mt-1 text-xs text-gray-400">
          {hint}
        </p>
      )}
    </div>
  )
}
