/** On or off, at once. `name` says what of: screens are short of room for it. */
export const Switch = ({
  name,
  isOn,
  isDisabled = false,
  title,
  onChange,
}: {
  name: string
  isOn: boolean
  isDisabled?: boolean
  title?: string | undefined
  onChange: (isOn: boolean) => void
}) => (
  <button
    type="button"
    role="switch"
    aria-checked={isOn}
    aria-label={name}
    title={title}
    disabled={isDisabled}
    onClick={() => onChange(!isOn)}
    className="inline-flex items-center gap-2 rounded-lg text-sm whitespace-nowrap disabled:cursor-not-allowed disabled:opacity-60"
  >
    <span
      aria-hidden="true"
      className={`flex h-5 w-9 shrink-0 items-center rounded-full border p-0.5 ${isOn ? 'justify-end border-blue-500 bg-blue-600' : 'justify-start border-gray-500 bg-gray-700'}`}
    >
      <span className="h-3.5 w-3.5 rounded-full bg-white" />
    </span>
    <span aria-hidden="true" className={isOn ? 'text-gray-100' : 'text-gray-400'}>
      {isOn ? 'on' : 'off'}
    </span>
  </button>
)
