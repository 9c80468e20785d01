/** Something that is on or off at once, without a form. */
export const Switch = ({
  label,
  isOn,
  isDisabled = false,
  onChange,
}: {
  label: string
  isOn: boolean
  isDisabled?: boolean
  onChange: (isOn: boolean) => void
}) => (
  <button
    type="button"
    role="switch"
    aria-checked={isOn}
    aria-label={label}
    disabled={isDisabled}
    onClick={() => onChange(!isOn)}
    className="inline-flex items-center gap-2 text-xs text-gray-300 disabled:opacity-60"
  >
    <span
      aria-hidden="true"
      className={`inline-flex h-5 w-9 shrink-0 items-center rounded-full p-0.5 ${isOn ? 'bg-blue-600' : 'bg-gray-600'}`}
    >
      <span className={`h-4 w-4 rounded-full bg-white transition-transform ${isOn ? 'translate-x-4' : ''}`} />
    </span>
    <span aria-hidden="true">{isOn ? 'on' : 'off'}</span>
  </button>
)
