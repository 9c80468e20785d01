import type { ReactNode } from 'react'
import { useId } from 'react'
import { TextField } from '../../ui/text-field.js'
import { CalendarFields } from './calendar-fields.js'
import type { LimitDraft } from './limits-draft.js'

/** One limit: its rate, what else its kind has (`children`), and the hours of the week that differ. */
export const LimitFields = <L extends LimitDraft>({
  title,
  hint,
  limit,
  errorOf,
  onChange,
  children,
}: {
  title: string
  hint?: string
  limit: L
  errorOf: (field: string) => string | undefined
  onChange: (limit: L) => void
  children?: ReactNode
}) => {
  const id = useId()
  return (
    <fieldset
      aria-describedby={hint ? id : undefined}
      className="min-w-0 rounded-lg border border-gray-700 bg-gray-800 p-4"
    >
      <legend className="float-left mb-1 w-full text-sm font-semibold break-words text-white">{title}</legend>
      {hint && (
        <p id={id} className="clear-both text-xs text-gray-400">
          {hint}
        </p>
      )}
      <div className="clear-both grid items-start gap-4 pt-3 sm:grid-cols-2">
        <TextField
          label="Rate (MiB/s)"
          placeholder="no limit"
          inputMode="decimal"
          autoComplete="off"
          maxLength={24}
          value={limit.rate}
          error={errorOf('bytes_per_second')}
          onChange={(rate) => onChange({ ...limit, rate })}
        />
        {children}
      </div>
      <div className="mt-4">
        <CalendarFields limit={limit} errorOf={errorOf} onChange={onChange} />
      </div>
    </fieldset>
  )
}
