import { Label, TextInput } from 'flowbite-react'
import type { ComponentProps } from 'react'
import { useId } from 'react'

/** A labelled line of text; `hint` is read with it. */
export const TextField = ({
  label,
  hint,
  value,
  onChange,
  ...rest
}: {
  label: string
  hint?: string
  value: string
  onChange: (value: string) => void
} & Pick<
  ComponentProps<'input'>,
  'type' | 'required' | 'autoComplete' | 'minLength' | 'maxLength' | 'placeholder' | 'pattern'
>) => {
  const id = useId()
  return (
    <div>
      <Label htmlFor={id} className="mb-1.5 block">
        {label}
      </Label>
      <TextInput
        id={id}
        value={value}
        aria-describedby={hint ? `${id}-hint` : undefined}
        onChange={(event) => onChange(event.target.value)}
        {...rest}
      />
      {hint && (
        <p id={`${id}-hint`} className="mt-1 text-xs text-gray-400">
          {hint}
        </p>
      )}
    </div>
  )
}
