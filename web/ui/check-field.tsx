import { Checkbox, Label } from 'flowbite-react'
import type { ReactNode } from 'react'
import { useId } from 'react'

/** A labelled yes or no. */
export const CheckField = ({
  isChecked,
  onChange,
  isDisabled = false,
  children,
}: {
  isChecked: boolean
  onChange: (isChecked: boolean) => void
  isDisabled?: boolean
  children: ReactNode
}) => {
  const id = useId()
  return (
    <div className="flex items-center gap-2">
      <Checkbox
        id={id}
        checked={isChecked}
        disabled={isDisabled}
        onChange={(event) => onChange(event.target.checked)}
      />
      <Label htmlFor={id}>{children}</Label>
    </div>
  )
}
