import { Label, Textarea } from 'flowbite-react'
import { useId } from 'react'

/** Labelled lines of text; `hint` is read with them. */
export const TextArea = ({
  label,
  hint,
  value,
  rows = 2,
  maxLength,
  placeholder,
  onChange,
}: {
  label: string
  hint?: string
  value: string
  rows?: number
  maxLength?: number
  placeholder?: string
  onChange: (value: string) => void
}) => {
  const id = useId()
  return (
    <div>
      <Label htmlFor={id} className="mb-1.5 block">
        {label}
      </Label>
      <Textarea
        id={id}
        rows={rows}
        value={value}
        maxLength={maxLength}
        placeholder={placeholder}
        aria-describedby={hint ? `${id}-hint` : undefined}
        onChange={(event) => onChange(event.target.value)}
        className="p-2.5 text-sm"
      />
      {hint && (
        <p id={`${id}-hint`} className="mt-1 text-xs text-gray-400">
          {hint}
        </p>
      )}
    </div>
  )
}
