import { Label, TextInput } from 'flowbite-react'
import type { ComponentProps } from 'react'
import { useId } from 'react'
import { FieldNotes, notesOf } from './field-notes.js'

/** A labelled line of text; `hint` is read with it, and so is what is wrong with it. */
export const TextField = ({
  label,
  hint,
  error,
  value,
  onChange,
  ...rest
}: {
  label: string
  hint?: string
  error?: string | undefined
  value: string
  onChange: (value: string) => void
} & Pick<
  ComponentProps<'input'>,
  | 'type'
  | 'required'
  | 'onBlur'
  | 'inputMode'
  | 'disabled'
  | 'autoComplete'
  | 'minLength'
  | 'maxLength'
  | 'placeholder'
  | 'pattern'
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
        {...notesOf(id, hint, error)}
        onChange={(event) => onChange(event.target.value)}
        {...rest}
      />
      <FieldNotes id={id} hint={hint} error={error} />
    </div>
  )
}
