import { Label, TextInput } from 'flowbite-react'
import { useEffect, useId, useState } from 'react'

const settleMs = 300

/** A search that is told when typing rests. */
export const SearchField = ({
  label,
  value,
  onChange,
}: {
  label: string
  value: string
  onChange: (value: string) => void
}) => {
  const id = useId()
  const [text, setText] = useState(value)
  useEffect(() => {
    if (text === value) return undefined
    const timer = setTimeout(() => onChange(text), settleMs)
    return () => clearTimeout(timer)
  }, [text, value, onChange])
  return (
    <div>
      <Label htmlFor={id} className="mb-1.5 block">
        {label}
      </Label>
      <TextInput
        id={id}
        type="search"
        autoComplete="off"
        maxLength={255}
        value={text}
        onChange={(event) => setText(event.target.value)}
      />
    </div>
  )
}
