/** What a field's control needs so that its hint and its error are read with it. */
export const notesOf = (id: string, hint: string | undefined, error: string | undefined) => ({
  'aria-describedby':
    [hint ? `${id}-hint` : '', error ? `${id}-error` : ''].filter(Boolean).join(' ') || undefined,
  'aria-invalid': error ? true : undefined,
  ...(error ? { color: 'failure' as const } : {}),
})

/** What to know about a field, and what is wrong with it. */
export const FieldNotes = ({
  id,
  hint,
  error,
}: {
  id: string
  hint: string | undefined
  error: string | undefined
}) => (
  <>
    {hint && (
      <p id={`${id}-hint`} className="mt-1 text-xs text-gray-400">
        {hint}
      </p>
    )}
    {error && (
      <p id={`${id}-error`} className="mt-1 text-xs text-red-300">
        {error}
      </p>
    )}
  </>
)
